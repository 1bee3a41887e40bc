//! The events for benchmarks.

use std::fs;

use anyhow::{Context, Result};
use bytes::Bytes;
use serde_json::{Value, json};

/// A sample invocation of `events/`.
pub(crate) fn sample(name: &str) -> Result<Bytes> {
    let text = fs::read(devstack::root().join("events").join(name))
        .with_context(|| format!("events/{name}"))?;
    // Compact, as Lambda sends it.
    Ok(serde_json::from_slice::<Value>(&text)?.to_string().into())
}

/// The sample JSON order, with an idempotency key and a coupon.
pub(crate) fn with_key_and_coupon() -> Result<Bytes> {
    let mut event: Value = serde_json::from_slice(&sample("orders/place-by-json.json")?)?;
    event["headers"]["idempotency-key"] = json!("0f0f0f0f-0000-4000-8000-000000000001");
    event["body"] =
        json!(r#"{"customer": "Ada Lovelace", "amount": "81.50", "coupon": "JJJJ-JJJJ-JJJJ"}"#);
    Ok(event.to_string().into())
}

/// A batch of `orders` orders of $81.50, as SQS delivers them with raw delivery, including the
/// message attributes that they were published with.
pub(crate) fn batch(orders: usize) -> Bytes {
    json!({ "Records": (0..orders).map(record).collect::<Vec<_>>() }).to_string().into()
}

/// The same from a FIFO queue, with the orders of so many customers in turn.
pub(crate) fn fifo_batch(orders: usize, customers: usize) -> Bytes {
    let records = (0..orders).map(|at| {
        let mut record = record(at);
        let group = format!("f0f0f0f0f0f0f0f0f0f0f0f0{:08}", at % customers);
        record["attributes"]["MessageGroupId"] = json!(group);
        record["attributes"]["MessageDeduplicationId"] = json!(format!("f0f0f0f0-{at}"));
        record["attributes"]["SequenceNumber"] = json!(format!("{at:020}"));
        let queue = "arn:aws:sqs:eu-central-1:123456789012:order-fanout-FulfilmentQueue-1A2B.fifo";
        record["eventSourceARN"] = json!(queue);
        record
    });
    json!({ "Records": records.collect::<Vec<_>>() }).to_string().into()
}

fn record(at: usize) -> Value {
    let order = json!({
        "type": "order.placed", "version": 1, "order_id": format!("f0f0f0f0-0000-4000-8000-{at:012}"),
        "customer": "Ada Lovelace", "currency": "USD", "amount": "81.50", "total": "81.50",
        "placed_at": "2026-11-22T10:00:00Z",
    });
    let trace = format!("00-4bf92f3577b34da6a3ce929d{at:08x}-00f067aa0ba902b7-01");
    let attribute = |kind: &str, value: &str| json!({ "stringValue": value, "stringListValues": [], "binaryListValues": [], "dataType": kind });
    json!({
        "messageId": format!("5a7b0c1d-0000-4000-8000-{at:012}"),
        "receiptHandle": "AQEB".to_owned() + &"sample".repeat(60),
        "body": order.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1", "SentTimestamp": "1795341600000", "SenderId": "AIDAISDDSWNBEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1795341600010",
        },
        "messageAttributes": {
            "amount": attribute("Number", "81.50"), "type": attribute("String", "order.placed"),
            "traceparent": attribute("String", &trace),
        },
        "md5OfMessageAttributes": "e439d68d264a34c898aaae5e5c59ac18",
        "md5OfBody": "e439d68d264a34c898aaae5e5c59ac18",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:order-fanout-FulfilmentQueue-1A2B3C4D5E6F7",
        "awsRegion": "eu-central-1",
    })
}
