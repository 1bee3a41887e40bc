//! The topic and the queues, as AWS shows them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};
use serde_json::{Value, json};

use crate::fifo::is_fifo;
use crate::filter::Filter;
use crate::{Deployment, FifoIds, eventually};

/// A message found in a queue.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its body, unchanged.
    pub body: String,
    /// Its attributes, as data type and value.
    pub attributes: BTreeMap<String, (String, String)>,
    receipt: String,
}

const DRAINED_WITHIN: Duration = Duration::from_secs(60);

impl Message {
    pub(crate) fn of(message: aws_sdk_sqs::types::Message) -> Option<Self> {
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        let attributes = attributes
            .map(|(name, value)| (name, (value.data_type, value.string_value.unwrap_or_default())));
        Some(Self {
            body: message.body?,
            attributes: attributes.collect(),
            receipt: message.receipt_handle?,
        })
    }

    /// The message as Lambda delivers it to a subscriber, with the message id `m0`.
    #[must_use]
    pub fn delivery(&self) -> Value {
        let attributes = self.attributes.iter().map(|(name, (kind, value))| {
            let value =
                json!({ "dataType": kind, "stringValue": value, "stringListValues": [], "binaryListValues": [] });
            (name.clone(), value)
        });
        let attributes: serde_json::Map<_, _> = attributes.collect();
        json!({ "Records": [{ "messageId": "m0", "body": self.body, "messageAttributes": attributes }] })
    }
}

impl Deployment {
    /// Publishes a body to the topic with an `amount` attribute, as the orders function does.
    pub async fn publish(&self, body: &str, amount: &str) {
        self.publish_with(body, amount, FifoIds::random()).await;
    }

    /// Like [`Self::publish`], with these ids if the topic is FIFO.
    pub async fn publish_with(&self, body: &str, amount: &str, ids: FifoIds) {
        let number = aws_sdk_sns::types::MessageAttributeValue::builder()
            .data_type("Number")
            .string_value(amount)
            .build();
        let publish = self.sns.publish().topic_arn(self.output("OrdersTopicArn")).message(body);
        let mut publish =
            publish.message_attributes("amount", number.expect("a data type is given"));
        if self.is_fifo() {
            publish =
                publish.message_group_id(ids.group).message_deduplication_id(ids.deduplication);
        }
        publish.send().await.expect("the topic takes the message");
    }

    /// Sends up to ten bodies directly to a queue, in one request; on a FIFO queue each in a group of
    /// its own.
    pub async fn send_together(&self, queue_output: &str, bodies: &[String]) {
        let ids = bodies.iter().map(|_| FifoIds::random()).collect();
        self.send_together_with(queue_output, bodies, ids).await;
    }

    /// Like [`Self::send_together`], with these ids if the queue is FIFO.
    pub async fn send_together_with(
        &self,
        queue_output: &str,
        bodies: &[String],
        ids: Vec<FifoIds>,
    ) {
        let is_fifo = is_fifo(self.output(queue_output));
        let entries = bodies.iter().zip(ids).enumerate().map(|(position, (body, ids))| {
            let mut entry =
                SendMessageBatchRequestEntry::builder().id(position.to_string()).message_body(body);
            if is_fifo {
                entry =
                    entry.message_group_id(ids.group).message_deduplication_id(ids.deduplication);
            }
            entry.build().expect("an id and a body are given")
        });
        let send = self.sqs.send_message_batch().queue_url(self.output(queue_output));
        let answer = send
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .expect("the queue takes messages");
        assert!(answer.failed.is_empty(), "{:?}", answer.failed);
    }

    /// Sends a message with these `Number` attributes to a queue, and returns its id.
    pub async fn send(&self, queue_output: &str, body: &str, numbers: &[(&str, &str)]) -> String {
        let mut send =
            self.sqs.send_message().queue_url(self.output(queue_output)).message_body(body);
        for (name, value) in numbers {
            let number =
                MessageAttributeValue::builder().data_type("Number").string_value(*value).build();
            send = send.message_attributes(*name, number.expect("a data type is given"));
        }
        if is_fifo(self.output(queue_output)) {
            let ids = FifoIds::random();
            send = send.message_group_id(ids.group).message_deduplication_id(ids.deduplication);
        }
        send.send()
            .await
            .expect("the queue takes the message")
            .message_id
            .expect("a message has an id")
    }

    /// Sets a queue attribute, and returns its previous value.
    pub async fn set_queue_number(
        &self,
        queue_output: &str,
        attribute: QueueAttributeName,
        value: u64,
    ) -> u64 {
        let before = self.queue_number(queue_output, attribute.clone()).await;
        let set = self.sqs.set_queue_attributes().queue_url(self.output(queue_output));
        set.attributes(attribute, value.to_string())
            .send()
            .await
            .expect("the queue takes the attribute");
        before
    }

    /// Sets the filter policy of a queue's subscription.
    pub async fn set_filter(&self, queue_output: &str, policy: &Value) {
        let set = self
            .sns
            .set_subscription_attributes()
            .subscription_arn(self.subscription_arn(queue_output).await)
            .attribute_name("FilterPolicy");
        set.attribute_value(policy.to_string())
            .send()
            .await
            .expect("the subscription takes the policy");
    }

    /// Reads the filter of a queue's subscription.
    pub(crate) async fn filter(&self, queue_output: &str) -> Filter {
        let get = self
            .sns
            .get_subscription_attributes()
            .subscription_arn(self.subscription_arn(queue_output).await);
        let attributes = get
            .send()
            .await
            .expect("the subscription has attributes")
            .attributes
            .unwrap_or_default();
        Filter::read(attributes.get("FilterPolicy").map_or("", String::as_str))
    }

    async fn subscription_arn(&self, queue_output: &str) -> String {
        let name =
            self.output(queue_output).rsplit('/').next().expect("a URL ends with the queue's name");
        let list = self
            .sns
            .list_subscriptions_by_topic()
            .topic_arn(self.output("OrdersTopicArn"))
            .send()
            .await;
        let subscriptions =
            list.expect("the topic lists its subscriptions").subscriptions.unwrap_or_default();
        let to_queue = |endpoint: &str| endpoint.ends_with(&format!(":{name}"));
        let subscription =
            subscriptions.into_iter().find(|one| one.endpoint().is_some_and(to_queue));
        subscription.and_then(|one| one.subscription_arn).expect("the queue is subscribed")
    }

    /// Reads a queue attribute that is a number.
    pub async fn queue_number(&self, queue_output: &str, attribute: QueueAttributeName) -> u64 {
        let [number] = self.queue_numbers(queue_output, [attribute]).await;
        number
    }

    /// Reads queue attributes that are numbers, all at the same moment.
    async fn queue_numbers<const N: usize>(
        &self,
        queue_output: &str,
        attributes: [QueueAttributeName; N],
    ) -> [u64; N] {
        let get = self
            .sqs
            .get_queue_attributes()
            .queue_url(self.output(queue_output))
            .set_attribute_names(Some(attributes.to_vec()));
        let values =
            get.send().await.expect("the queue has attributes").attributes.unwrap_or_default();
        attributes.map(|attribute| {
            values
                .get(&attribute)
                .and_then(|value| value.parse().ok())
                .expect("the attribute is a number")
        })
    }

    /// A queue's visibility timeout.
    pub async fn visibility(&self, queue_output: &str) -> Duration {
        let seconds = self.queue_number(queue_output, QueueAttributeName::VisibilityTimeout).await;
        Duration::from_secs(seconds)
    }

    /// The number of messages in these queues, visible or in flight.
    pub(crate) async fn depth(&self, queue_outputs: &[String]) -> u64 {
        let mut depth = 0;
        for queue in queue_outputs {
            // One read for both: between two, a message in flight may become visible.
            let states = [
                QueueAttributeName::ApproximateNumberOfMessages,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            ];
            depth += self.queue_numbers(queue, states).await.iter().sum::<u64>();
        }
        depth
    }

    /// Waits until a queue has no message, visible or in flight.
    pub async fn drained(&self, queue_output: &str) {
        let queue = [queue_output.to_owned()];
        eventually(&format!("{queue_output} is empty"), DRAINED_WITHIN, async || {
            (self.depth(&queue).await == 0).then_some(())
        })
        .await;
    }

    /// Waits until a dead-letter queue holds a message with `needle` in its body, and removes it.
    pub async fn take_from_dlq(&self, dlq_output: &str, needle: &str, within: Duration) -> Message {
        let queue = self.output(dlq_output);
        eventually(&format!("{dlq_output} holds {needle}"), within, async || {
            // A short visibility timeout, as other tests look for their own messages here.
            let receive = self
                .sqs
                .receive_message()
                .queue_url(queue)
                .max_number_of_messages(10)
                .visibility_timeout(1);
            let receive = receive.message_attribute_names("All");
            let messages =
                receive.send().await.expect("the queue can be read").messages.unwrap_or_default();
            let message = messages
                .into_iter()
                .find(|message| message.body().is_some_and(|body| body.contains(needle)))?;
            let message = Message::of(message)?;
            let delete = self.sqs.delete_message().queue_url(queue);
            // Refused once another test has received the message as well: it is received again.
            delete.receipt_handle(&message.receipt).send().await.ok()?;
            Some(message)
        })
        .await
    }
}
