//! Publishes many orders: pending ones for the relay, any for an operator.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_client::CallPolicy;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_types::SdkConfig;
use domain::{Order, OrderId, OrderPlaced};
use telemetry::TraceParent;

use crate::client::{attributes, connect, unavailable};
use crate::fifo::{Deduplication, group_id, is_fifo};
use crate::{PublishQueue, TopicError};

/// The topic, for many orders at once.
#[derive(Clone, Debug)]
pub struct Republisher {
    client: Client,
    arn: String,
    deduplication: Deduplication,
}

/// An order to publish.
#[derive(Clone, Debug)]
pub struct OrderToPublish {
    /// The order.
    pub order: Order,
    /// The trace to continue, if it is known; subscribers continue it too.
    pub trace: Option<TraceParent>,
}

impl AsRef<Order> for OrderToPublish {
    fn as_ref(&self) -> &Order {
        &self.order
    }
}

/// SNS's response to a batch. An order in neither part may or may not be published.
#[derive(Debug)]
pub struct BatchResponse {
    /// The orders that SNS acknowledged: they are published.
    pub acknowledged: HashSet<OrderId>,
    /// The orders that SNS rejected, each with SNS's error code.
    pub rejected: HashMap<OrderId, String>,
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
    /// minute's sweep is the retry. A FIFO topic drops an order that was published within the last
    /// five minutes.
    pub async fn connect(sdk: &SdkConfig, arn: String) -> Self {
        let client = connect(sdk, &arn, ONCE).await;
        Self { client, arn, deduplication: Deduplication::PerOrder }
    }

    /// Makes a client for an operator, with patient time limits, without a request. Every order is
    /// delivered, whenever it was published before.
    #[must_use]
    pub fn patient(sdk: &SdkConfig, arn: String) -> Self {
        let client = Client::new(&CallPolicy::PATIENT.apply(sdk));
        Self { client, arn, deduplication: Deduplication::None }
    }

    /// Whether subscribers get a customer's orders in the order in which they are published.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        is_fifo(&self.arn)
    }

    /// An empty queue of orders for this topic.
    #[must_use]
    pub fn queue<T: AsRef<Order>>(&self) -> PublishQueue<T> {
        PublishQueue::new(self.is_fifo())
    }

    /// Publishes `order.placed` for up to [`Self::MAX_ORDERS`] orders in one request. If the request
    /// fails, any of them may be published.
    pub async fn publish_batch(
        &self,
        orders: &[OrderToPublish],
    ) -> Result<BatchResponse, TopicError> {
        let entries = orders.iter().map(|OrderToPublish { order, trace }| {
            let event = OrderPlaced::from(order);
            let entry = PublishBatchRequestEntry::builder()
                .id(order.id.to_string())
                .message(event.encode());
            let mut entry = entry.set_message_attributes(Some(attributes(&event, *trace)));
            if self.is_fifo() {
                entry = entry
                    .message_group_id(group_id(&order.customer))
                    .message_deduplication_id(self.deduplication.deduplication_id(order.id));
            }
            entry.build().expect("an id is given")
        });
        let publish = self.client.publish_batch().topic_arn(&self.arn);
        let answer =
            publish.set_publish_batch_request_entries(Some(entries.collect())).send().await;
        let answer = answer.map_err(|error| unavailable(&error))?;
        let rejected = answer.failed().iter();
        Ok(BatchResponse {
            acknowledged: answer
                .successful()
                .iter()
                .filter_map(|entry| entry.id()?.parse().ok())
                .collect(),
            rejected: rejected
                .filter_map(|entry| Some((entry.id().parse().ok()?, entry.code().to_owned())))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::{MockAws, order};
    use std::collections::BTreeMap;
    use std::slice;

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
    async fn only_an_operator_repeats_an_order_on_a_fifo_topic() {
        let order = to_publish("80.00");
        let (status, refused) = REFUSED;
        let published = vec![answer(&[order.order.id], &[]); 4];
        let aws = MockAws::responding([vec![(status, refused.to_owned())], published].concat());
        let relay = Republisher::connect(&aws.sdk(), "arn.fifo".to_owned()).await;
        let operator = Republisher::patient(&aws.sdk(), "arn.fifo".to_owned());
        for republisher in [&relay, &relay, &operator, &operator] {
            republisher.publish_batch(slice::from_ref(&order)).await.unwrap();
        }
        let [_primed, requests @ ..] = aws.requests::<5>();
        let entry = |form: &BTreeMap<String, String>, name: &str| {
            form[&format!("PublishBatchRequestEntries.member.1.{name}")].clone()
        };
        let forms = requests.map(|request| request.form());
        let group = group_id(&order.order.customer);
        assert!(forms.iter().all(|form| entry(form, "MessageGroupId") == group));
        let [first, again, by_operator, by_operator_again] =
            forms.map(|form| entry(&form, "MessageDeduplicationId"));
        let id = order.order.id.to_string();
        assert_eq!([first, again], [id.clone(), id.clone()]);
        assert!(by_operator != id && by_operator_again != id && by_operator != by_operator_again);
    }

    #[test]
    fn only_a_fifo_topic_has_an_ordered_queue() {
        let sdk = MockAws::responding::<String>([]).sdk();
        for (arn, is_fifo, first_batch) in [("arn", false, 2), ("arn.fifo", true, 1)] {
            let republisher = Republisher::patient(&sdk, arn.to_owned());
            assert_eq!(republisher.is_fifo(), is_fifo);
            let mut queue = republisher.queue();
            queue.extend(["80.00", "80.00"].map(to_publish));
            assert_eq!(queue.next_batch(2).unwrap().len(), first_batch, "{arn}");
        }
    }

    #[tokio::test]
    async fn only_acknowledged_entries_count_as_published() {
        let orders = ["80.00", "79.99", "81.50"].map(to_publish);
        let [first, second, _unmentioned] =
            orders.each_ref().map(|order_to_publish| order_to_publish.order.id);
        let (_, topic) = republisher(answer(&[second], &[first])).await;
        let response = topic.publish_batch(&orders).await.unwrap();
        assert_eq!(response.acknowledged, HashSet::from([second]));
        assert_eq!(response.rejected, HashMap::from([(first, "InternalError".to_owned())]));
    }

    #[tokio::test]
    async fn failed_batch_is_not_retried() {
        let (aws, topic) = republisher((503, String::new())).await;
        topic.publish_batch(&[to_publish("80.00")]).await.unwrap_err();
        let [_primed, _only] = aws.requests();
    }
}
