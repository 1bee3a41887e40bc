//! Publishes many pending orders.

use std::collections::HashSet;
use std::time::Duration;

use aws_client::CallPolicy;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_types::SdkConfig;
use domain::{Order, OrderId, OrderPlaced};
use telemetry::TraceParent;

use crate::TopicError;
use crate::client::{attributes, connect, unavailable};

/// The topic, for many orders at once.
#[derive(Clone, Debug)]
pub struct Republisher {
    client: Client,
    arn: String,
}

/// An order to publish.
#[derive(Clone, Debug)]
pub struct OrderToPublish {
    /// The order.
    pub order: Order,
    /// The trace to continue, if it is known; subscribers continue it too.
    pub trace: Option<TraceParent>,
}

const ONCE: CallPolicy = CallPolicy {
    max_attempts: 1,
    attempt_timeout: Duration::from_millis(900),
    total_timeout: Duration::from_secs(1),
};

impl Republisher {
    /// The maximum number of orders in one [`Self::publish_batch`], SNS's limit for `PublishBatch`.
    pub const MAX_ORDERS: usize = 10;

    /// Makes a client for the relay and opens its connection. Calls have one attempt: the next
    /// minute's sweep is the retry.
    pub async fn connect(sdk: &SdkConfig, arn: String) -> Self {
        Self { client: connect(sdk, &arn, ONCE).await, arn }
    }

    /// Makes a client for an operator, with patient time limits, without a request.
    #[must_use]
    pub fn patient(sdk: &SdkConfig, arn: String) -> Self {
        Self { client: Client::new(&CallPolicy::PATIENT.apply(sdk)), arn }
    }

    /// Publishes `order.placed` for up to [`Self::MAX_ORDERS`] orders in one request. Returns the
    /// ids of those that SNS acknowledged. The others may or may not be published.
    pub async fn publish_batch(
        &self,
        orders: &[OrderToPublish],
    ) -> Result<HashSet<OrderId>, TopicError> {
        let entries = orders.iter().map(|OrderToPublish { order, trace }| {
            let event = OrderPlaced::from(order);
            let entry = PublishBatchRequestEntry::builder()
                .id(order.id.to_string())
                .message(event.encode());
            let entry = entry.set_message_attributes(Some(attributes(&event, *trace)));
            entry.build().expect("an id is given")
        });
        let publish = self.client.publish_batch().topic_arn(&self.arn);
        let answer =
            publish.set_publish_batch_request_entries(Some(entries.collect())).send().await;
        let acknowledged =
            answer.map_err(|error| unavailable(&error))?.successful.unwrap_or_default();
        Ok(acknowledged.iter().filter_map(|entry| entry.id()?.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::{MockAws, order};

    const REFUSED: (u16, &str) =
        (400, "<ErrorResponse><Error><Code>EmptyBatchRequest</Code></Error></ErrorResponse>");

    fn answer(successful: &[OrderId], failed: &[OrderId]) -> (u16, String) {
        let members = |ids: &[OrderId], rest: &str| {
            let members = ids.iter().map(|id| format!("<member><Id>{id}</Id>{rest}</member>"));
            members.collect::<Vec<_>>().concat()
        };
        let successful = members(successful, "<MessageId>1</MessageId>");
        let failed = members(failed, "<Code>InternalError</Code><SenderFault>false</SenderFault>");
        let result = format!("<Successful>{successful}</Successful><Failed>{failed}</Failed>");
        let result = format!("<PublishBatchResult>{result}</PublishBatchResult>");
        (200, format!("<PublishBatchResponse>{result}</PublishBatchResponse>"))
    }

    fn to_publish(amount: &str) -> OrderToPublish {
        OrderToPublish { order: order(amount), trace: None }
    }

    async fn republisher(answer: (u16, String)) -> (MockAws, Republisher) {
        let (status, refused) = REFUSED;
        let aws = MockAws::responding([(status, refused.to_owned()), answer]);
        let republisher = Republisher::connect(&aws.sdk(), "arn".to_owned()).await;
        (aws, republisher)
    }

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[tokio::test]
    async fn batch_entry_carries_event_type_and_numeric_total() {
        let mut orders = [to_publish("80.00"), to_publish("79.99")];
        orders[1].trace = Some(TRACE.parse().unwrap());
        let (aws, topic) =
            republisher(answer(&orders.each_ref().map(|orders| orders.order.id), &[])).await;
        topic.publish_batch(&orders).await.unwrap();
        let [_primed, publish] = aws.requests();
        let form = publish.form();
        assert_eq!((&*form["Action"], &*form["TopicArn"]), ("PublishBatch", "arn"));
        for (OrderToPublish { order, trace }, at) in orders.iter().zip(1..) {
            let entry = format!("PublishBatchRequestEntries.member.{at}.");
            assert_eq!(form[&format!("{entry}Id")], order.id.to_string());
            assert_eq!(form[&format!("{entry}Message")], OrderPlaced::from(order).encode());
            let amount = order.total().to_string();
            let amount = ["amount", "Number", &amount];
            let trace = trace.map(|_| ["traceparent", "String", TRACE]);
            let expected = [Some(amount), trace, Some(["type", "String", "order.placed"])];
            assert_eq!(
                publish.message_attributes(&entry),
                expected.into_iter().flatten().collect::<Vec<_>>()
            );
        }
    }

    #[tokio::test]
    async fn only_acknowledged_entries_count_as_published() {
        let orders = ["80.00", "79.99", "81.50"].map(to_publish);
        let [first, second, _unmentioned] =
            orders.each_ref().map(|order_to_publish| order_to_publish.order.id);
        let (_, topic) = republisher(answer(&[second], &[first])).await;
        assert_eq!(topic.publish_batch(&orders).await.unwrap(), HashSet::from([second]));
    }

    #[tokio::test]
    async fn failed_batch_is_not_retried() {
        let (aws, topic) = republisher((503, String::new())).await;
        topic.publish_batch(&[to_publish("80.00")]).await.unwrap_err();
        let [_primed, _only] = aws.requests();
    }
}
