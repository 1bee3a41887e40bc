//! SQS queue operations.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use aws_client::sdk_error_message;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::builders::SendMessageBatchRequestEntryBuilder;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::output::say;

/// A queue and its client.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) client: Client,
    pub(crate) url: String,
}

/// Approximate message counts. SQS's counts lag behind for about a minute after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Depth {
    /// Available to receive.
    pub(crate) visible: u64,
    /// Received by a consumer and not yet deleted.
    pub(crate) in_flight: u64,
}

/// A received message, hidden from other consumers until its visibility timeout.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) receipt: String,
    pub(crate) body: String,
    /// When it was first sent. A move from a standard queue to its dead-letter queue keeps this
    /// time; a move from a FIFO queue
    /// [resets it](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html).
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) receive_count: u32,
    pub(crate) attributes: BTreeMap<String, MessageAttributeValue>,
    /// The message group, within which a FIFO queue keeps the order. A message of a standard queue
    /// may have one too, without an effect on the order.
    pub(crate) group_id: Option<String>,
    /// Increases within a message group. Only a FIFO queue gives it.
    pub(crate) sequence_number: Option<u128>,
    trace_header: Option<String>,
}

/// SQS's limit of messages in one request.
pub(crate) const BATCH: usize = 10;

/// A queue counts as empty after this many receives without a new message: SQS samples its servers,
/// so one such response does not mean that the queue is empty.
pub(crate) const EMPTY_RECEIVES: u32 = 2;

/// Long polling queries all of SQS's servers, so an empty response after this wait is reliable.
const WAIT_SECONDS: i32 = 1;

impl Queue {
    /// Whether it is a FIFO queue. SQS requires this suffix of
    /// [a FIFO queue's name](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html),
    /// and allows it to no other.
    #[expect(clippy::case_sensitive_file_extension_comparisons, reason = "SQS accepts no .FIFO")]
    pub(crate) fn is_fifo(&self) -> bool {
        self.url.ends_with(".fifo")
    }

    /// Its message counts.
    pub(crate) async fn depth(&self) -> Result<Depth> {
        let (visible, hidden) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        );
        let attributes = self.attributes([visible.clone(), hidden.clone()]).await?;
        let number = |name| {
            attributes
                .get(&name)
                .and_then(|value| value.parse().ok())
                .context("SQS returned no depth")
        };
        Ok(Depth { visible: number(visible)?, in_flight: number(hidden)? })
    }

    /// Its ARN.
    pub(crate) async fn arn(&self) -> Result<String> {
        let name = QueueAttributeName::QueueArn;
        self.attributes([name.clone()]).await?.remove(&name).context("SQS returned no ARN")
    }

    async fn attributes<const N: usize>(
        &self,
        names: [QueueAttributeName; N],
    ) -> Result<HashMap<QueueAttributeName, String>> {
        let get = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .set_attribute_names(Some(names.into()));
        let answer = get
            .send()
            .await
            .map_err(|error| self.failed("be asked", &sdk_error_message(&error)))?;
        Ok(answer.attributes.unwrap_or_default())
    }

    /// Receives up to `most` messages (at most [`BATCH`]) and hides them from other consumers for
    /// `hidden_for`.
    pub(crate) async fn receive(&self, most: usize, hidden_for: Duration) -> Result<Vec<Message>> {
        let receive =
            self.client.receive_message().queue_url(&self.url).wait_time_seconds(WAIT_SECONDS);
        let receive = receive.max_number_of_messages(i32::try_from(most.min(BATCH))?);
        let receive = receive.visibility_timeout(i32::try_from(hidden_for.as_secs())?);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let answer = receive.message_attribute_names("All").send().await;
        let messages = answer
            .map_err(|error| self.failed("be received from", &sdk_error_message(&error)))?
            .messages;
        messages.unwrap_or_default().into_iter().map(Message::read).collect()
    }

    /// Makes messages visible again at once. A failure is only reported: another consumer may have
    /// received or deleted the message, and otherwise the visibility timeout ends by itself.
    pub(crate) async fn release(&self, messages: &[Message]) {
        let mut problems = vec![];
        for batch in messages.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(position, message)| {
                let entry =
                    ChangeMessageVisibilityBatchRequestEntry::builder().id(position.to_string());
                let entry = entry.receipt_handle(&message.receipt).visibility_timeout(0);
                entry.build().expect("an id and a receipt are given")
            });
            let change = self.client.change_message_visibility_batch().queue_url(&self.url);
            let answer = change.set_entries(Some(entries.collect())).send().await;
            match answer {
                Ok(answer) => problems.extend(answer.failed.iter().map(entry_error)),
                Err(error) => problems.push(sdk_error_message(&error)),
            }
        }
        if let Some(problem) = problems.first() {
            let what =
                "make the received messages visible again before their visibility timeout ends";
            say(format!("{:#}", self.failed(what, problem)));
        }
    }

    /// Sends up to [`BATCH`] copies with body and attributes intact. Returns for each message, in
    /// the order given, the copy's id or the problem.
    ///
    /// To a FIFO queue it sends each copy in the message's own group, with a new deduplication id:
    /// SQS acknowledges a copy whose id it received in the last five minutes, but drops it. A retry
    /// by the SDK repeats the request with the same ids, so it adds no second copy.
    pub(crate) async fn send(&self, messages: &[Message]) -> Vec<Result<String, String>> {
        let entries = messages.iter().zip(0..).map(|(message, position)| {
            if self.is_fifo() { message.fifo_entry(position) } else { message.entry(position) }
        });
        let entries = entries.map(|entry| entry.build().expect("an id and a body are given"));
        let send = self.client.send_message_batch().queue_url(&self.url);
        match send.set_entries(Some(entries.collect())).send().await {
            Ok(answer) => {
                let copies =
                    answer.successful.into_iter().map(|entry| (entry.id, entry.message_id));
                by_position(messages.len(), copies, &answer.failed)
            }
            Err(error) => {
                let problem = self.failed("be sent to", &sdk_error_message(&error)).to_string();
                vec![Err(problem); messages.len()]
            }
        }
    }

    /// Deletes up to [`BATCH`] messages. Returns for each, in the order given, whether it is
    /// deleted.
    pub(crate) async fn delete(&self, messages: &[Message]) -> Vec<Result<(), String>> {
        if messages.is_empty() {
            return vec![];
        }
        let entries = messages.iter().enumerate().map(|(position, message)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(position.to_string());
            entry.receipt_handle(&message.receipt).build().expect("an id and a receipt are given")
        });
        let delete = self.client.delete_message_batch().queue_url(&self.url);
        match delete.set_entries(Some(entries.collect())).send().await {
            Ok(answer) => {
                let deleted = answer.successful.into_iter().map(|entry| (entry.id, ()));
                by_position(messages.len(), deleted, &answer.failed)
            }
            Err(error) => {
                let problem =
                    self.failed("be deleted from", &sdk_error_message(&error)).to_string();
                vec![Err(problem); messages.len()]
            }
        }
    }

    /// Deletes all its messages.
    pub(crate) async fn purge(&self) -> Result<()> {
        let answer = self.client.purge_queue().queue_url(&self.url).send().await;
        answer.map(drop).map_err(|error| self.failed("be purged", &sdk_error_message(&error)))
    }

    fn failed(&self, what: &str, problem: &str) -> anyhow::Error {
        let name = self.url.rsplit('/').next().unwrap_or(&self.url);
        anyhow!("the queue {name} cannot {what}: {problem}")
    }
}

impl Message {
    fn read(mut message: aws_sdk_sqs::types::Message) -> Result<Self> {
        let mut system = message.attributes.take().unwrap_or_default();
        let mut attribute = |name| system.remove(&name);
        let sent_at = attribute(MessageSystemAttributeName::SentTimestamp)
            .and_then(|milliseconds| milliseconds.parse().ok());
        let receives = attribute(MessageSystemAttributeName::ApproximateReceiveCount);
        Ok(Self {
            id: message.message_id.context("SQS gave a message without an id")?,
            receipt: message
                .receipt_handle
                .context("SQS gave a message without a receipt handle")?,
            body: message.body.unwrap_or_default(),
            sent_at: sent_at
                .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
            receive_count: receives.and_then(|count| count.parse().ok()).unwrap_or_default(),
            attributes: message.message_attributes.unwrap_or_default().into_iter().collect(),
            group_id: attribute(MessageSystemAttributeName::MessageGroupId),
            sequence_number: attribute(MessageSystemAttributeName::SequenceNumber)
                .and_then(|number| number.parse().ok()),
            trace_header: attribute(MessageSystemAttributeName::AwsTraceHeader),
        })
    }

    /// Its approximate size as SQS counts it.
    pub(crate) fn bytes(&self) -> usize {
        let attribute = |(name, value): (&String, &MessageAttributeValue)| {
            let binary = value.binary_value().map_or(0, |blob| blob.as_ref().len());
            name.len() + value.data_type().len() + value.string_value().map_or(0, str::len) + binary
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    fn fifo_entry(&self, position: usize) -> SendMessageBatchRequestEntryBuilder {
        self.entry(position)
            .set_message_group_id(self.group_id.clone())
            .message_deduplication_id(Uuid::new_v4().to_string())
    }

    fn entry(&self, position: usize) -> SendMessageBatchRequestEntryBuilder {
        let entry = SendMessageBatchRequestEntry::builder()
            .id(position.to_string())
            .message_body(&self.body);
        let attributes = self.attributes.clone().into_iter().collect();
        let mut entry = entry.set_message_attributes(Some(attributes));
        if let Some(header) = &self.trace_header {
            let value = MessageSystemAttributeValue::builder()
                .data_type("String")
                .string_value(header)
                .build();
            let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
            entry = entry.message_system_attributes(name, value.expect("a data type is given"));
        }
        entry
    }
}

/// The result of each entry of a batch. An entry missing from SQS's response counts as failed.
fn by_position<T>(
    count: usize,
    successful: impl Iterator<Item = (String, T)>,
    failed: &[BatchResultErrorEntry],
) -> Vec<Result<T, String>> {
    let failed = failed.iter().map(|entry| (entry.id.clone(), Err(entry_error(entry))));
    let mut results: HashMap<_, _> =
        successful.map(|(id, value)| (id, Ok(value))).chain(failed).collect();
    let result = |position: usize| results.remove(&position.to_string());
    (0..count)
        .map(result)
        .map(|result| result.unwrap_or_else(|| Err("SQS returned no result".to_owned())))
        .collect()
}

fn entry_error(entry: &BatchResultErrorEntry) -> String {
    format!("{}: {}", entry.code, entry.message.as_deref().unwrap_or("no message"))
}

#[cfg(test)]
impl Queue {
    /// A queue of this mock.
    pub(crate) fn of(aws: &aws_mock::MockAws) -> Self {
        Self { client: Client::new(&aws.sdk()), url: "https://sqs.test/1/dlq".to_owned() }
    }

    /// A FIFO queue of this mock.
    pub(crate) fn fifo_of(aws: &aws_mock::MockAws) -> Self {
        Self { url: "https://sqs.test/1/dlq.fifo".to_owned(), ..Self::of(aws) }
    }
}

#[cfg(test)]
impl Message {
    /// An empty message that was sent at this time.
    pub(crate) fn sent_at(time: Timestamp) -> Self {
        Self { sent_at: Some(time), ..Self::default() }
    }
}
