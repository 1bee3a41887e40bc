//! The parts of an SQS event that the processor needs. A malformed message must not fail the
//! others, so every field is read leniently: a value of an unexpected type counts as absent.

mod field;
mod lenient;

use field::{IsFifo, Object, ReceiveCount};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The payload of an invocation by SQS: messages of a queue. These fields of a message are read:
/// `messageId`, `body`, `eventSourceARN`, of `attributes` the `MessageGroupId` and the
/// `ApproximateReceiveCount`, and of `messageAttributes` the `traceparent`.
///
/// It is read leniently, so that a malformed message does not fail the others: a field that cannot
/// be read counts as absent. The whole payload fails if it is not an object with a list `Records`,
/// or if a record has no fields or has one of its own fields above twice. An error never quotes the
/// payload, because the Lambda runtime logs it.
///
/// ```
/// use sqs_batch::LenientSqsEvent;
///
/// let malformed = r#"{"Records": [{"messageId": "a", "body": {}}, {"messageId": "b", "body": "fine"}]}"#;
/// assert!(serde_json::from_str::<LenientSqsEvent>(malformed).is_ok());
///
/// let error = serde_json::from_str::<LenientSqsEvent>(r#"{"password": "secret"}"#).unwrap_err();
/// assert!(error.to_string().starts_with("the payload is not an SQS event"));
/// ```
#[derive(Debug)]
pub struct LenientSqsEvent {
    pub(crate) messages: Vec<Message>,
}

#[derive(Deserialize)]
struct SqsEvent<Record> {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

impl<'de> Deserialize<'de> for LenientSqsEvent {
    /// Returns an error that never quotes the payload. The runtime logs and posts the error, and
    /// the parser's own message may quote a customer.
    fn deserialize<D: Deserializer<'de>>(payload: D) -> Result<Self, D::Error> {
        // Parsed with a separate deserializer, because the runtime's adds the path of the failed
        // field to the error.
        let payload = Box::<RawValue>::deserialize(payload)?;
        // What SQS sends is parsed in one pass.
        let messages = parse(&payload).map(|SqsEvent { records }| records);
        match messages.or_else(|| lenient::messages(&payload)) {
            Some(messages) => Ok(Self { messages }),
            None => Err(D::Error::custom("the payload is not an SQS event")),
        }
    }
}

impl LenientSqsEvent {
    /// Returns whether the queue is a FIFO queue, by its name. A group id does not say so: messages
    /// of a standard queue may have one too ([fair queues]).
    ///
    /// [fair queues]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    pub(crate) fn is_fifo(&self) -> bool {
        self.messages.iter().any(|message| matches!(message.queue, Some(IsFifo(true))))
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "messageId")]
    pub(crate) id: Option<String>,
    pub(crate) body: Option<String>,
    #[serde(rename = "eventSourceARN")]
    queue: Option<IsFifo>,
    attributes: Option<Object<SystemAttributes>>,
    #[serde(rename = "messageAttributes")]
    user_attributes: Option<Object<UserAttributes>>,
}

/// The attributes that SQS sets.
#[derive(Debug, Deserialize)]
struct SystemAttributes {
    #[serde(rename = "MessageGroupId")]
    group_id: Option<String>,
    #[serde(rename = "ApproximateReceiveCount")]
    receive_count: Option<ReceiveCount>,
}

/// The attributes that the sender sets.
#[derive(Debug, Deserialize)]
struct UserAttributes {
    traceparent: Option<Object<UserAttribute>>,
}

#[derive(Debug, Deserialize)]
struct UserAttribute {
    #[serde(rename = "stringValue")]
    value: Option<String>,
}

/// Parses an object or a string. `None` if it is something else, or a value that cannot be
/// represented: a lone surrogate, a huge number, deep nesting.
fn parse<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Option<T> {
    let json = json.get();
    // Serde would read an array as an object.
    if json.starts_with('[') {
        return None;
    }
    serde_json::from_str(json).ok()
}

impl Message {
    /// The message attribute `traceparent`, if it is a string.
    pub(crate) fn traceparent(&self) -> Option<&str> {
        let Object(attributes) = self.user_attributes.as_ref()?;
        let Object(traceparent) = attributes.traceparent.as_ref()?;
        traceparent.value.as_deref()
    }

    /// Removes and returns the message group's id.
    pub(crate) fn take_group_id(&mut self) -> Option<String> {
        self.attributes.as_mut()?.0.group_id.take()
    }

    /// The number of times that SQS has delivered the message, this delivery included.
    pub(crate) fn receive_count(&self) -> Option<u32> {
        let Object(attributes) = self.attributes.as_ref()?;
        let ReceiveCount(count) = attributes.receive_count?;
        count
    }
}

#[cfg(test)]
mod tests;
