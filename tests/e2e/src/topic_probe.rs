//! A test subscriber that receives every message of the topic.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{Deployment, Message, eventually};

/// A queue subscribed to the topic.
#[derive(Debug)]
pub struct TopicProbe {
    deployment: Deployment,
    queue: String,
    subscription: String,
}

const RECEIVED_WITHIN: Duration = Duration::from_secs(150);

impl Deployment {
    /// Subscribes a new queue to the topic. Call [`TopicProbe::unsubscribe`] at the end.
    pub async fn probe_topic(&self) -> TopicProbe {
        let name = format!("order-fanout-e2e-{}", Uuid::new_v4());
        let queue =
            self.sqs.create_queue().queue_name(name).send().await.expect("a queue can be made");
        let queue = queue.queue_url.expect("a queue has a URL");
        let arn = QueueAttributeName::QueueArn;
        let attributes = self
            .sqs
            .get_queue_attributes()
            .queue_url(&queue)
            .attribute_names(arn.clone())
            .send()
            .await;
        let arn =
            attributes.expect("the queue has an ARN").attributes.unwrap_or_default()[&arn].clone();
        let topic = self.output("OrdersTopicArn");
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage",
            "Resource": arn, "Condition": { "ArnEquals": { "aws:SourceArn": topic } }
        }] });
        let allow = self.sqs.set_queue_attributes().queue_url(&queue);
        let allow = allow.attributes(QueueAttributeName::Policy, policy.to_string()).send().await;
        allow.expect("the queue takes a policy");
        let subscribe = self.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(arn);
        let subscribe = subscribe
            .attributes("RawMessageDelivery", "true")
            .return_subscription_arn(true)
            .send()
            .await;
        let subscription = subscribe
            .expect("the topic takes a subscriber")
            .subscription_arn
            .expect("it has an ARN");
        TopicProbe { deployment: self.clone(), queue, subscription }
    }
}

impl TopicProbe {
    /// Receives until a message has `needle` in its body, and returns all bodies received so far.
    pub async fn read_until(&self, needle: &str) -> Vec<String> {
        self.messages_until(needle).await.into_iter().map(|message| message.body).collect()
    }

    /// Receives until a message has `needle` in its body, and returns it.
    pub async fn message(&self, needle: &str) -> Message {
        let mut received = self.messages_until(needle).await.into_iter();
        received.find(|message| message.body.contains(needle)).expect("it was received")
    }

    async fn messages_until(&self, needle: &str) -> Vec<Message> {
        let received = Mutex::new(BTreeMap::new());
        eventually(&format!("the topic says {needle}"), RECEIVED_WITHIN, async || {
            let receive = self
                .deployment
                .sqs
                .receive_message()
                .queue_url(&self.queue)
                .max_number_of_messages(10);
            let receive = receive.message_attribute_names("All");
            let messages =
                receive.send().await.expect("the queue can be read").messages.unwrap_or_default();
            let mut received = received.lock().await;
            received.extend(
                messages.into_iter().filter_map(|message| {
                    Some((message.message_id.clone()?, Message::of(message)?))
                }),
            );
            received.values().any(|message: &Message| message.body.contains(needle)).then_some(())
        })
        .await;
        received.into_inner().into_values().collect()
    }

    /// Deletes the subscription and the queue.
    pub async fn unsubscribe(self) {
        let unsubscribe =
            self.deployment.sns.unsubscribe().subscription_arn(self.subscription).send().await;
        unsubscribe.expect("the subscription can be ended");
        let delete = self.deployment.sqs.delete_queue().queue_url(self.queue).send().await;
        delete.expect("the queue can be deleted");
    }
}
