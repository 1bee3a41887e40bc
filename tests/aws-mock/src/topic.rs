//! The template's topic and subscriptions, created on a backend for one test. An inbox stands in
//! for each subscriber's queue.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_yaml_ng::Value;

use crate::{Backend, template};

/// A topic for one test.
#[derive(Debug)]
pub struct Topic {
    /// The ARN to publish to.
    pub arn: String,
    inboxes: BTreeMap<String, Inbox>,
}

/// The queue behind a subscription.
#[derive(Debug)]
pub struct Inbox {
    client: aws_sdk_sqs::Client,
    url: String,
}

/// A message as a subscriber receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its body, unchanged.
    pub body: String,
    /// Its attributes: name, data type, value.
    pub attributes: Vec<[String; 3]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TopicProperties {
    // A KMS key, which no emulator uses.
    #[serde(rename = "KmsMasterKeyId")]
    _key: IgnoredAny,
    // X-Ray, which no emulator has.
    #[serde(rename = "TracingConfig")]
    _tracing: IgnoredAny,
    // Only a FIFO stack has these; the topic here is that of a standard one.
    #[serde(rename = "TopicName")]
    _name: IgnoredAny,
    #[serde(rename = "FifoTopic")]
    _fifo: IgnoredAny,
    #[serde(rename = "FifoThroughputScope")]
    _throughput: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Subscription {
    protocol: String,
    raw_message_delivery: bool,
    #[serde(default)]
    filter_policy_scope: Option<String>,
    #[serde(default)]
    filter_policy: Option<serde_json::Value>,
    #[serde(rename = "TopicArn")]
    _topic: IgnoredAny,
    // The template's queues, replaced by inboxes here.
    #[serde(rename = "Endpoint")]
    _endpoint: IgnoredAny,
    #[serde(rename = "RedrivePolicy")]
    _redrive: IgnoredAny,
}

const TOPIC: &str = "OrdersTopic";
/// How long to wait for another message. Emulators deliver at once.
const QUIET: Duration = Duration::from_secs(2);

impl Topic {
    /// Makes the orders topic and an inbox for each of its subscriptions.
    pub async fn make(backend: &Backend) -> Self {
        let (sns, sqs) =
            (aws_sdk_sns::Client::new(backend.sdk()), aws_sdk_sqs::Client::new(backend.sdk()));
        let mut topics =
            template::resources_where::<TopicProperties>("AWS::SNS::Topic", |id, _| id == TOPIC);
        topics.remove(TOPIC).expect("the template has the orders topic");
        let create = sns.create_topic().name(backend.named(TOPIC));
        let arn = create
            .send()
            .await
            .expect("a topic can be made")
            .topic_arn
            .expect("a topic has an ARN");

        let mut inboxes = BTreeMap::new();
        let to_topic =
            |_: &str, properties: &Value| template::target(&properties["TopicArn"]) == TOPIC;
        for (id, subscription) in
            template::resources_where::<Subscription>("AWS::SNS::Subscription", to_topic)
        {
            let (inbox, endpoint) = Inbox::make(&sqs, &backend.named(&id)).await;
            let mut subscribe =
                sns.subscribe().topic_arn(&arn).protocol(subscription.protocol).endpoint(endpoint);
            subscribe = subscribe
                .attributes("RawMessageDelivery", subscription.raw_message_delivery.to_string());
            if let Some(scope) = subscription.filter_policy_scope {
                subscribe = subscribe.attributes("FilterPolicyScope", scope);
            }
            if let Some(policy) = subscription.filter_policy {
                subscribe = subscribe.attributes("FilterPolicy", policy.to_string());
            }
            subscribe.send().await.unwrap_or_else(|error| panic!("{id}: {error:?}"));
            inboxes.insert(id, inbox);
        }
        Self { arn, inboxes }
    }

    /// The inbox of the subscription with this logical id.
    #[must_use]
    pub fn inbox(&self, logical_id: &str) -> &Inbox {
        self.inboxes.get(logical_id).unwrap_or_else(|| panic!("the template has no {logical_id}"))
    }
}

impl Inbox {
    async fn make(client: &aws_sdk_sqs::Client, name: &str) -> (Self, String) {
        let created =
            client.create_queue().queue_name(name).send().await.expect("a queue can be made");
        let url = created.queue_url.expect("a queue has a URL");
        let get = client
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(QueueAttributeName::QueueArn);
        let mut attributes =
            get.send().await.expect("a queue has attributes").attributes.unwrap_or_default();
        let arn = attributes.remove(&QueueAttributeName::QueueArn).expect("a queue has an ARN");
        (Self { client: client.clone(), url }, arn)
    }

    /// Receives and deletes messages until no more arrive.
    pub async fn drain(&self) -> Vec<Message> {
        let mut drained = Vec::new();
        loop {
            let receive =
                self.client.receive_message().queue_url(&self.url).message_attribute_names("All");
            let receive = receive.max_number_of_messages(10).visibility_timeout(60);
            let receive =
                receive.wait_time_seconds(i32::try_from(QUIET.as_secs()).expect("a few seconds"));
            let received =
                receive.send().await.expect("the queue can be read").messages.unwrap_or_default();
            if received.is_empty() {
                return drained;
            }
            drained.extend(received.into_iter().map(Message::from));
        }
    }
}

impl From<aws_sdk_sqs::types::Message> for Message {
    fn from(message: aws_sdk_sqs::types::Message) -> Self {
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        let attributes = attributes
            .map(|(name, value)| [name, value.data_type, value.string_value.unwrap_or_default()]);
        let mut attributes: Vec<_> = attributes.collect();
        attributes.sort();
        Self { body: message.body.unwrap_or_default(), attributes }
    }
}
