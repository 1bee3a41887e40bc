//! Publishes one order, as soon as it is saved.

use std::time::Duration;

use aws_client::CallPolicy;
use aws_sdk_sns::Client;
use aws_types::SdkConfig;
use domain::{Order, OrderPlaced};
use telemetry::TraceParent;

use crate::TopicError;
use crate::client::{attributes, connect, unavailable};
use crate::fifo::{Deduplication, group_id, is_fifo};

/// The topic on which every order is published.
#[derive(Clone, Debug)]
pub struct OrdersTopic {
    client: Client,
    arn: String,
}

const PUBLISH: CallPolicy = CallPolicy {
    max_attempts: 2,
    attempt_timeout: Duration::from_millis(270),
    total_timeout: Duration::from_millis(560),
};

impl OrdersTopic {
    /// Makes a client and opens its connection.
    pub async fn connect(sdk: &SdkConfig, arn: String) -> Self {
        Self { client: connect(sdk, &arn, PUBLISH).await, arn }
    }

    /// Whether subscribers get a customer's orders in the order in which they are published.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        is_fifo(&self.arn)
    }

    /// Publishes `order.placed`, which subscribers process as part of `trace`. A FIFO topic drops
    /// it if the order was published within the last five minutes.
    pub async fn publish(&self, order: &Order, trace: TraceParent) -> Result<(), TopicError> {
        let event = OrderPlaced::from(order);
        let publish = self.client.publish().topic_arn(&self.arn).message(event.encode());
        let mut publish = publish.set_message_attributes(Some(attributes(&event, Some(trace))));
        if self.is_fifo() {
            publish = publish
                .message_group_id(group_id(&order.customer))
                .message_deduplication_id(Deduplication::PerOrder.deduplication_id(order.id));
        }
        publish.send().await.map(drop).map_err(|error| unavailable(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::{MockAws, order};
    use domain::CustomerName;
    use proptest::prelude::*;

    const REFUSED: (u16, &str) =
        (400, "<ErrorResponse><Error><Code>EmptyBatchRequest</Code></Error></ErrorResponse>");
    const PUBLISHED: (u16, &str) = (
        200,
        "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
    );

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn trace() -> TraceParent {
        TRACE.parse().unwrap()
    }

    #[tokio::test]
    async fn publish_carries_event_type_and_numeric_total() {
        let aws = MockAws::responding([REFUSED, PUBLISHED]);
        let order = order("80.00");
        OrdersTopic::connect(&aws.sdk(), "arn".to_owned())
            .await
            .publish(&order, trace())
            .await
            .unwrap();
        let [_primed, publish] = aws.requests();
        let form = publish.form();
        let event = OrderPlaced::from(&order).encode();
        for (name, value) in [("Action", "Publish"), ("TopicArn", "arn"), ("Message", &event)] {
            assert_eq!(form.get(name).map(String::as_str), Some(value), "{name}");
        }
        let expected = [
            ["amount", "Number", "80.00"],
            ["traceparent", "String", TRACE],
            ["type", "String", "order.placed"],
        ];
        assert_eq!(publish.message_attributes(""), expected);
    }

    #[tokio::test]
    async fn only_a_fifo_topic_gets_group_and_deduplication_ids() {
        let order = order("80.00");
        for (arn, ids) in [
            ("arn.fifo", [Some(group_id(&order.customer)), Some(order.id.to_string())]),
            ("arn", [None, None]),
        ] {
            let aws = MockAws::responding([REFUSED, PUBLISHED]);
            let topic = OrdersTopic::connect(&aws.sdk(), arn.to_owned()).await;
            topic.publish(&order, trace()).await.unwrap();
            let [_primed, publish] = aws.requests();
            let form = publish.form();
            let found = ["MessageGroupId", "MessageDeduplicationId"].map(|name| form.get(name));
            assert_eq!(found, ids.each_ref().map(Option::as_ref), "{arn}");
        }
    }

    #[tokio::test]
    async fn failed_publish_is_retried_once() {
        let failed =
            (503, "<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>");
        let aws = MockAws::responding([REFUSED, failed, PUBLISHED, failed, failed]);
        let topic = OrdersTopic::connect(&aws.sdk(), "arn".to_owned()).await;
        topic.publish(&order("80.00"), trace()).await.unwrap();
        topic.publish(&order("80.00"), trace()).await.unwrap_err();
        let [_primed, _failed, _published, _failed_again, _given_up] = aws.requests();
    }

    /// Whether SQS accepts the text. SNS delivers to SQS, so its attributes allow the same
    /// characters. Source:
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.
    fn sqs_accepts(text: &str) -> bool {
        text.chars().all(|c| {
            matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
        })
    }

    /// Any text, with more of the characters that SQS or names treat specially.
    fn any_text() -> impl Strategy<Value = String> {
        let particular = prop::char::ranges(
            vec!['\0'..=' ', '\u{7f}'..='\u{a0}', '\u{fff0}'..='\u{ffff}'].into(),
        );
        proptest::collection::vec(prop_oneof![any::<char>(), particular], 0..8)
            .prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn sqs_accepts_the_event_of_every_accepted_name(text in any_text()) {
            let Ok(customer) = text.parse::<CustomerName>() else { return Ok(()) };
            let event = OrderPlaced::from(&Order { customer, ..order("80.00") });
            prop_assert!(sqs_accepts(&event.encode()), "{:?}", text);
            for (name, value) in attributes(&event, Some(trace())) {
                prop_assert!(value.string_value().is_some_and(sqs_accepts), "{}", name);
            }
        }
    }
}
