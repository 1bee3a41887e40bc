//! The contents of log lines, by format and level.

use e2e::{Deployment, OrderEvent, batch, fixture};
use serde_json::{Value, json};

/// All log lines of a function for a sample invocation, with these variables.
async fn log_lines(function: &str, event: &Value, variables: &[(&str, &str)]) -> Vec<String> {
    let shop = Deployment::under_test().await;
    let mut function = shop.start(function, variables).await;
    function.invoke(event).await;
    function.end().await
}

fn order() -> Value {
    batch(&[OrderEvent::of("90.00")])
}

#[tokio::test]
async fn log_lines_are_json_with_time_message_and_request_id() {
    let subscribers = Deployment::under_test().await.subscribers();
    let mut cases: Vec<_> =
        subscribers.iter().map(|subscriber| (&*subscriber.function, order(), true)).collect();
    cases.push(("orders", fixture("orders/place-by-json.json"), true));
    cases.push(("outbox-relay", json!({}), false));
    for (function, event, traced) in cases {
        let lines = log_lines(function, &event, &[]).await;
        assert!(!lines.is_empty(), "{function}");
        for line in lines {
            let line: Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            for field in ["timestamp", "level", "message", "function", "request_id"] {
                assert!(line[field].is_string(), "{function} does not say {field}: {line}");
            }
            assert_eq!(line["function"], function);
            for field in ["trace_id", "span_id", "outcome", "order_id"] {
                assert!(
                    line[field].is_string() || !traced,
                    "{function} does not say {field}: {line}"
                );
            }
        }
    }
}

#[tokio::test]
async fn text_log_format_is_short_and_coloured() {
    let lines = log_lines("fulfilment", &order(), &[("AWS_LAMBDA_LOG_FORMAT", "Text")]).await;
    let [line] = &lines[..] else { panic!("one record, one line: {lines:?}") };
    assert!(line.starts_with("fulfilment ") && line.contains("\u{1b}[32m INFO"), "{line}");
    assert!(
        line.contains("order_id") && line.contains("done") && !line.contains("trace_id"),
        "{line}"
    );
}

#[tokio::test]
async fn lambda_log_level_is_honoured() {
    let event = fixture("orders/place-by-json.json");
    assert!(log_lines("orders", &event, &[("AWS_LAMBDA_LOG_LEVEL", "WARN")]).await.is_empty());
    let nowhere = [
        ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
        ("ORDERS_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:no"),
    ];
    let lines = log_lines("orders", &event, &nowhere).await;
    let [line] = &lines[..] else { panic!("a failure is logged once: {lines:?}") };
    let line: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((&line["level"], line["trace_id"].is_string()), (&json!("WARN"), true), "{line}");
}
