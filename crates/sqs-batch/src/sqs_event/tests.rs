use super::*;
use serde_json::{Value, json};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn event(records: &str) -> Result<LenientSqsEvent, serde_json::Error> {
    serde_json::from_str(&format!(r#"{{"Records": {records}}}"#))
}

fn read(message: &Value) -> Message {
    event(&json!([message]).to_string()).unwrap().messages.remove(0)
}

const FIFO: &str = "arn:aws:sqs:eu-central-1:123456789012:orders.fifo";

/// What is read of a message for the order of its group.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Order<'a> {
    is_fifo: bool,
    group_id: Option<&'a str>,
    receive_count: Option<u32>,
}

const NO_ORDER: Order<'_> = Order { is_fifo: false, group_id: None, receive_count: None };

/// Reads the message in a valid event, and in one with a malformed message, which is read in another
/// way. Checks that both give the same.
#[track_caller]
fn assert_order(message: &Value, expected: Order<'_>) {
    for records in [json!([message]), json!([message, {"messageId": 7}])] {
        let event = event(&records.to_string()).unwrap();
        let is_fifo = event.is_fifo();
        let mut message = event.messages.into_iter().next().unwrap();
        assert_eq!((message.id.as_deref(), message.body.as_deref()), (Some("m"), Some("b")));
        let (receive_count, group_id) = (message.receive_count(), message.take_group_id());
        let read = Order { is_fifo, group_id: group_id.as_deref(), receive_count };
        assert_eq!(read, expected, "{records}");
    }
}

#[test]
fn fifo_message_is_read_with_its_group_and_count() {
    let message = json!({
        "messageId": "m",
        "body": "b",
        "attributes": {
            "ApproximateReceiveCount": "12",
            "SentTimestamp": "1795341600000",
            "SequenceNumber": "18849496460467696128",
            "MessageGroupId": "g",
            "SenderId": "AIDAISDDSWNBEXAMPLE",
            "MessageDeduplicationId": "1",
            "ApproximateFirstReceiveTimestamp": "1795341600010",
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": FIFO,
    });
    let expected = Order { is_fifo: true, group_id: Some("g"), receive_count: Some(12) };
    assert_order(&message, expected);
}

#[test]
fn only_the_end_of_the_arn_tells_a_fifo_queue() {
    for (arn, is_fifo) in [
        (json!(FIFO), true),
        (json!("orders\u{e9}.fifo"), true),
        (json!("arn:aws:sqs:eu-central-1:123456789012:orders"), false),
        (json!("arn:aws:sqs:eu-central-1:123456789012:orders.fifo-copy"), false),
        (json!("arn:aws:sqs:eu-central-1:123456789012:orders.FIFO"), false),
        (json!("fifo"), false),
        (json!(""), false),
        (json!(null), false),
        (json!(7), false),
        (json!([FIFO]), false),
        (json!({"arn": FIFO}), false),
    ] {
        let message = json!({"messageId": "m", "body": "b", "eventSourceARN": arn});
        assert_order(&message, Order { is_fifo, ..NO_ORDER });
    }
    let escaped = r#"[{"messageId": "m", "eventSourceARN": "orders\u002efifo"}]"#;
    assert!(event(escaped).unwrap().is_fifo());
    let second = json!([{"messageId": "m"}, {"messageId": "n", "eventSourceARN": FIFO}]);
    assert!(event(&second.to_string()).unwrap().is_fifo());
    assert!(!event("[]").unwrap().is_fifo());
}

#[test]
fn group_id_does_not_make_a_queue_fifo() {
    let message = json!({"messageId": "m", "body": "b", "attributes": {"MessageGroupId": "g"}});
    assert_order(&message, Order { group_id: Some("g"), ..NO_ORDER });
}

#[test]
fn receive_count_is_a_number_in_a_string() {
    for (count, expected) in [
        (json!("1"), Some(1)),
        (json!("4294967295"), Some(u32::MAX)),
        (json!("4294967296"), None),
        (json!("-1"), None),
        (json!("1.0"), None),
        (json!(" 1"), None),
        (json!("one"), None),
        (json!(""), None),
        (json!(1), None),
        (json!(null), None),
        (json!(["1"]), None),
        (json!({"n": "1"}), None),
    ] {
        let attributes = json!({"ApproximateReceiveCount": count, "MessageGroupId": "g"});
        let message = json!({"messageId": "m", "body": "b", "attributes": attributes});
        let order = Order { receive_count: expected, group_id: Some("g"), ..NO_ORDER };
        assert_order(&message, order);
    }
}

#[test]
fn malformed_group_id_leaves_the_other_fields() {
    for group_id in [json!(null), json!(7), json!(["g"]), json!({"g": 1}), json!(true)] {
        let attributes = json!({"ApproximateReceiveCount": "2", "MessageGroupId": group_id});
        let message = json!({
            "messageId": "m", "body": "b", "attributes": attributes, "eventSourceARN": FIFO,
        });
        assert_order(&message, Order { is_fifo: true, group_id: None, receive_count: Some(2) });
    }
}

/// Serde would read an array as an object with these fields, in one of the two ways only.
#[test]
fn array_is_not_read_as_an_object() {
    for attributes in [json!(["g", "2"]), json!([null, null]), json!([]), json!("g"), json!(7)] {
        let message = json!({"messageId": "m", "body": "b", "attributes": attributes});
        assert_order(&message, NO_ORDER);
    }
    for traceparent in [json!([TRACE]), json!([null])] {
        assert_eq!(read(&attribute(&traceparent)).traceparent(), None, "{traceparent}");
    }
    let message = json!({"messageId": "m", "messageAttributes": [{"stringValue": TRACE}]});
    assert_eq!(read(&message).traceparent(), None);
}

fn attribute(value: &Value) -> Value {
    json!({"messageId": "m", "body": "b", "messageAttributes": {"traceparent": value}})
}

#[test]
fn lambda_message_is_read_with_its_trace() {
    let trace = json!({"stringValue": TRACE, "stringListValues": [], "binaryListValues": [], "dataType": "String"});
    let mut message = attribute(&trace);
    message["messageAttributes"]["amount"] = json!({"stringValue": "80.00", "dataType": "Number"});
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
    messages.extend(
        malformed.iter().map(
            |malformed| json!({"messageId": "m", "body": "b", "messageAttributes": malformed}),
        ),
    );
    messages.extend(
        malformed
            .iter()
            .map(|malformed| json!({"messageId": "m", "body": "b", "attributes": malformed})),
    );
    messages.extend(malformed.iter().map(
        |malformed| json!({"messageId": "m", "body": "b", "attributes": {"SenderId": malformed}}),
    ));
    for message in messages {
        let read = read(&message);
        assert_eq!((read.id.as_deref(), read.body.as_deref()), (Some("m"), Some("b")), "{message}");
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
        let event = event(&format!(r#"[{malformed}, {{"messageId": "m", "body": "b"}}]"#)).unwrap();
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

#[test]
fn unrepresentable_order_field_is_absent() {
    let fine = r#""MessageGroupId": "g", "ApproximateReceiveCount": "2""#;
    for value in unrepresentable() {
        for (fields, group_id, receive_count) in [
            (format!(r#""eventSourceARN": {value}, "attributes": {{{fine}}}"#), Some("g"), Some(2)),
            (format!(r#""attributes": {value}"#), None, None),
            (format!(r#""attributes": {{"SenderId": {value}, {fine}}}"#), Some("g"), Some(2)),
            (
                format!(
                    r#""attributes": {{"MessageGroupId": {value}, "ApproximateReceiveCount": "2"}}"#
                ),
                None,
                Some(2),
            ),
            (
                format!(
                    r#""attributes": {{"MessageGroupId": "g", "ApproximateReceiveCount": {value}}}"#
                ),
                Some("g"),
                None,
            ),
        ] {
            let record = format!(r#"[{{"messageId": "m", "body": "b", {fields}}}]"#);
            let event = event(&record).unwrap();
            assert!(!event.is_fifo(), "{record}");
            let mut message = event.messages.into_iter().next().unwrap();
            assert_eq!(message.body.as_deref(), Some("b"), "{record}");
            assert_eq!(message.receive_count(), receive_count, "{record}");
            assert_eq!(message.take_group_id().as_deref(), group_id, "{record}");
        }
    }
}
