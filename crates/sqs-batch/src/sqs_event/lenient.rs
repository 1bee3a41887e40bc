//! Parses each field of the messages on its own, so that a malformed one counts as absent.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::Object;
use super::{Message, SqsEvent, SystemAttributes, UserAttributes, parse};

#[derive(Deserialize)]
struct RawMessage<'a> {
    #[serde(rename = "messageId", borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(rename = "eventSourceARN", borrow)]
    queue: Option<&'a RawValue>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
    #[serde(rename = "messageAttributes", borrow)]
    user_attributes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawSystemAttributes<'a> {
    #[serde(rename = "MessageGroupId", borrow)]
    group_id: Option<&'a RawValue>,
    #[serde(rename = "ApproximateReceiveCount", borrow)]
    receive_count: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawUserAttributes<'a> {
    #[serde(borrow)]
    traceparent: Option<&'a RawValue>,
}

/// Returns the messages; `None` if the payload is not an SQS event.
pub(super) fn messages(payload: &RawValue) -> Option<Vec<Message>> {
    let SqsEvent { records } = parse(payload)?;
    Some(records.iter().map(message).collect())
}

fn message(message: &RawMessage<'_>) -> Message {
    let attributes = message.attributes.and_then(parse).as_ref().map(system_attributes);
    let user_attributes = message.user_attributes.and_then(parse).as_ref().map(user_attributes);
    Message {
        id: message.id.and_then(parse),
        body: message.body.and_then(parse),
        queue: message.queue.and_then(parse),
        attributes: attributes.map(Object),
        user_attributes: user_attributes.map(Object),
    }
}

fn system_attributes(attributes: &RawSystemAttributes<'_>) -> SystemAttributes {
    SystemAttributes {
        group_id: attributes.group_id.and_then(parse),
        receive_count: attributes.receive_count.and_then(parse),
    }
}

fn user_attributes(attributes: &RawUserAttributes<'_>) -> UserAttributes {
    UserAttributes { traceparent: attributes.traceparent.and_then(parse) }
}
