//! The parts of an SQS event that the processor needs. A malformed message must not fail the
//! others, so every field is read leniently: a value of an unexpected type counts as absent.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The payload of an invocation by SQS: messages of a queue, of which only the message id, the body
/// and the message attribute `traceparent` are read.
///
/// It is read leniently, so that a malformed message does not fail the others: a field that cannot
/// be read counts as absent. The whole payload fails if it is not an object with a list `Records`,
/// or if a record has no fields or has `messageId`, `body` or `messageAttributes` twice. An error
/// never quotes the payload, because the Lambda runtime logs it.
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
        match messages.or_else(|| parse_leniently(&payload)) {
            Some(messages) => Ok(Self { messages }),
            None => Err(D::Error::custom("the payload is not an SQS event")),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "messageId")]
    pub(crate) id: Option<String>,
    pub(crate) body: Option<String>,
    #[serde(rename = "messageAttributes")]
    attributes: Option<Attributes>,
}

#[derive(Debug, Deserialize)]
struct Attributes {
    traceparent: Option<Attribute>,
}

#[derive(Debug, Deserialize)]
struct Attribute {
    #[serde(rename = "stringValue")]
    value: Option<String>,
}

/// Parses each field of the messages on its own.
fn parse_leniently(payload: &RawValue) -> Option<Vec<Message>> {
    #[derive(Deserialize)]
    struct Record<'a> {
        #[serde(rename = "messageId", borrow)]
        id: Option<&'a RawValue>,
        #[serde(borrow)]
        body: Option<&'a RawValue>,
        #[serde(rename = "messageAttributes", borrow)]
        attributes: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct RawAttributes<'a> {
        #[serde(borrow)]
        traceparent: Option<&'a RawValue>,
    }
    let message = |Record { id, body, attributes }| {
        let attributes = attributes.and_then(parse);
        let traceparent = attributes.and_then(|RawAttributes { traceparent }| traceparent);
        let traceparent = traceparent.and_then(parse);
        let (id, body) = (id.and_then(parse), body.and_then(parse));
        Message { id, body, attributes: Some(Attributes { traceparent }) }
    };
    let SqsEvent { records } = parse(payload)?;
    Some(records.into_iter().map(message).collect())
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
        self.attributes.as_ref()?.traceparent.as_ref()?.value.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn event(records: &str) -> Result<LenientSqsEvent, serde_json::Error> {
        serde_json::from_str(&format!(r#"{{"Records": {records}}}"#))
    }

    fn read(message: &Value) -> Message {
        event(&json!([message]).to_string()).unwrap().messages.remove(0)
    }

    fn attribute(value: &Value) -> Value {
        json!({"messageId": "m", "body": "b", "messageAttributes": {"traceparent": value}})
    }

    #[test]
    fn lambda_message_is_read_with_its_trace() {
        let trace = json!({"stringValue": TRACE, "stringListValues": [], "binaryListValues": [], "dataType": "String"});
        let mut message = attribute(&trace);
        message["messageAttributes"]["amount"] =
            json!({"stringValue": "80.00", "dataType": "Number"});
        message["attributes"] = json!({"ApproximateReceiveCount": "1"});
        let malformed = json!({"messageId": 7});
        for records in [json!([message]), json!([message, malformed])] {
            let message = event(&records.to_string()).unwrap().messages.remove(0);
            assert_eq!((message.id.as_deref(), message.body.as_deref()), (Some("m"), Some("b")));
            assert_eq!(message.traceparent(), Some(TRACE));
        }
    }

    #[test]
    fn invalid_attributes_do_not_invalidate_the_message() {
        let malformed = [
            json!(null),
            json!(7),
            json!("x"),
            json!([]),
            json!({"stringValue": 7}),
            json!({"binaryValue": "eA=="}),
        ];
        let mut messages: Vec<_> = malformed.iter().map(attribute).collect();
        messages.extend(malformed.iter().map(
            |malformed| json!({"messageId": "m", "body": "b", "messageAttributes": malformed}),
        ));
        messages.extend(
            malformed
                .iter()
                .map(|malformed| json!({"messageId": "m", "body": "b", "attributes": malformed})),
        );
        messages
            .extend(malformed.iter().map(
                |malformed| json!({"messageId": "m", "body": "b", "attributes": {"SenderId": malformed}}),
            ));
        for message in messages {
            let read = read(&message);
            assert_eq!(
                (read.id.as_deref(), read.body.as_deref()),
                (Some("m"), Some("b")),
                "{message}"
            );
            assert_eq!(read.traceparent(), None, "{message}");
        }
    }

    #[test]
    fn error_never_repeats_the_payload() {
        for payload in [
            r#""Ada Lovelace""#,
            r#"{"Ada Lovelace": "Ada Lovelace"}"#,
            r#"{"Records": "Ada Lovelace"}"#,
            r#"{"Records": {"Ada Lovelace": 1}}"#,
            r#"{"Records": ["Ada Lovelace"]}"#,
            r#"{"Records": [], "Records": ["Ada Lovelace"]}"#,
            r#"[["Ada Lovelace"]]"#,
            r#"[[{"messageId": "Ada Lovelace"}]]"#,
            r#"{"Records": [{"messageId": "m", "body": "1", "body": "Ada Lovelace"}]}"#,
            "[[]]",
            "{}",
            "90.5",
        ] {
            let error = serde_json::from_str::<LenientSqsEvent>(payload).unwrap_err();
            assert!(
                error.to_string().starts_with("the payload is not an SQS event"),
                "{payload}: {error}"
            );
            assert!(!format!("{error} {error:?}").contains("Ada"), "{payload}: {error:?}");
        }
    }

    #[test]
    fn non_string_id_or_body_is_absent() {
        for malformed in [json!(null), json!(7), json!({"a": [1]}), json!([true])] {
            let message = read(&json!({"messageId": malformed, "body": malformed}));
            assert_eq!((message.id, message.body), (None, None), "{malformed}");
        }
    }

    /// Values that are valid JSON, but more than the parser can represent.
    fn unrepresentable() -> [String; 4] {
        let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let object = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
        [r#""\ud800""#.to_owned(), "1e999".to_owned(), nested, object]
    }

    #[test]
    fn unrepresentable_body_fails_only_its_record() {
        for value in unrepresentable() {
            let malformed = format!(r#"{{"messageId": "malformed", "body": {value}}}"#);
            let event =
                event(&format!(r#"[{malformed}, {{"messageId": "m", "body": "b"}}]"#)).unwrap();
            let read: Vec<_> = event
                .messages
                .iter()
                .map(|message| (message.id.as_deref(), message.body.as_deref()))
                .collect();
            assert_eq!(read, [(Some("malformed"), None), (Some("m"), Some("b"))], "{value}");
        }
    }

    #[test]
    fn unrepresentable_attribute_is_absent() {
        let trace = format!(r#""traceparent": {{"stringValue": "{TRACE}"}}"#);
        for value in unrepresentable() {
            for (attributes, expected) in [
                (format!(r#""attributes": {{"SenderId": {value}}}"#), None),
                (format!(r#""messageAttributes": {value}"#), None),
                (format!(r#""messageAttributes": {{"traceparent": {value}}}"#), None),
                (format!(r#""messageAttributes": {{"other": {value}, {trace}}}"#), Some(TRACE)),
            ] {
                let record = format!(r#"[{{"messageId": "m", "body": "b", {attributes}}}]"#);
                let message = event(&record).unwrap().messages.remove(0);
                assert_eq!(message.body.as_deref(), Some("b"), "{record}");
                assert_eq!(message.traceparent(), expected, "{record}");
            }
        }
    }
}
