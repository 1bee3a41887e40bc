//! An order has one trace, from the request to the coupon, whichever function published it.

use e2e::{Deployment, Function, Message, failures, order_id};
use serde_json::{Value, json};
use uuid::Uuid;

/// The log lines about an order.
fn lines_about(log: &[String], order_id: &str) -> Vec<Value> {
    let lines = log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["order_id"] == order_id).collect()
}

/// A client's `traceparent`, with a new trace id.
fn client() -> (String, String) {
    let trace_id = Uuid::new_v4().simple().to_string();
    (format!("00-{trace_id}-00f067aa0ba902b7-01"), trace_id)
}

/// Places an order in a client's trace, through a function that publishes to the given topic.
async fn place(shop: &Deployment, traceparent: &str, topic: &str) -> (String, Vec<Value>) {
    let mut orders = shop.start("orders", &[("ORDERS_TOPIC_ARN", topic)]).await;
    let mut event = e2e::fixture("orders/place-by-json.json");
    event["headers"]["traceparent"] = json!(traceparent);
    let answer = orders.invoke(&event).await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let id = order_id(&answer);
    let lines = lines_about(&orders.end().await, &id);
    (id, lines)
}

/// Sends a message to all subscribers, and returns their log lines about the order.
async fn consume(shop: &Deployment, id: &str, message: &Message) -> Vec<Value> {
    let mut all_lines = vec![];
    for subscriber in shop.subscribers() {
        let function = &*subscriber.function;
        let mut subscriber: Function = shop.start(function, &[]).await;
        assert!(failures(&subscriber.invoke(&message.delivery()).await).is_empty(), "{function}");
        let lines = lines_about(&subscriber.end().await, id);
        assert_eq!(lines.len(), 1, "one line for a record: {lines:?}");
        assert_eq!(lines[0]["function"], function);
        all_lines.extend(lines);
    }
    all_lines
}

/// The id of the span in which a message was sent.
fn span_of(message: &Message, trace_id: &str) -> String {
    let (kind, traceparent) = &message.attributes["traceparent"];
    assert_eq!(kind, "String");
    let parts: Vec<_> = traceparent.split('-').collect();
    assert_eq!(parts[..2], ["00", trace_id], "{traceparent}");
    parts[2].to_owned()
}

#[tokio::test]
async fn order_is_one_trace_from_the_request_to_the_coupon() {
    let shop = Deployment::under_test().await;
    let probe = shop.probe_topic().await;
    let (traceparent, trace_id) = client();
    let (id, placed) = place(&shop, &traceparent, shop.output("OrdersTopicArn")).await;
    assert_eq!(placed.len(), 1, "one line for a request: {placed:?}");
    assert_eq!(
        (&placed[0]["trace_id"], &placed[0]["outcome"]),
        (&json!(trace_id), &json!("placed"))
    );
    assert_eq!(placed[0]["parent_span_id"], "00f067aa0ba902b7", "the client's span is the cause");

    let message = probe.message(&id).await;
    probe.unsubscribe().await;
    let span = span_of(&message, &trace_id);
    assert_eq!(placed[0]["span_id"], *span);
    for line in consume(&shop, &id, &message).await {
        assert_eq!(
            (&line["trace_id"], &line["parent_span_id"]),
            (&json!(trace_id), &json!(span)),
            "{line}"
        );
        assert_ne!(line["span_id"], *span, "a step of its own");
    }
}

#[tokio::test]
async fn relayed_order_keeps_its_trace() {
    let shop = Deployment::under_test().await;
    let probe = shop.probe_topic().await;
    let (traceparent, trace_id) = client();
    let nowhere = shop.missing_topic();
    let (id, placed) = place(&shop, &traceparent, &nowhere).await;
    assert!(placed.iter().all(|line| line["trace_id"] == *trace_id), "{placed:?}");
    let outcomes: Vec<_> = placed.iter().filter_map(|line| line["outcome"].as_str()).collect();
    assert_eq!(
        outcomes,
        ["saved_publish_pending"],
        "its failure has one line, and the request another: {placed:?}"
    );
    assert_eq!(placed.iter().filter(|line| !line["error"].is_null()).count(), 1, "{placed:?}");

    let mut relay = shop.start("outbox-relay", &[]).await;
    relay.invoke(&json!({})).await;
    let message = probe.message(&id).await;
    probe.unsubscribe().await;
    let span = span_of(&message, &trace_id);
    // The stack's own relay may have published first; then ours logs nothing about the order.
    for line in lines_about(&relay.end().await, &id) {
        assert_eq!(
            (&line["trace_id"], &line["parent_span_id"]),
            (&json!(trace_id), &placed[0]["span_id"]),
            "{line}"
        );
    }
    for line in consume(&shop, &id, &message).await {
        assert_eq!(
            (&line["trace_id"], &line["parent_span_id"]),
            (&json!(trace_id), &json!(span)),
            "{line}"
        );
    }
}

#[tokio::test]
async fn invalid_trace_is_replaced_by_a_new_one() {
    let shop = Deployment::under_test().await;
    let (good, trace_id) = client();
    let topic = shop.output("OrdersTopicArn");
    let mut seen = vec![trace_id];
    for ill_formed in
        ["", "Ada Lovelace", &good[..54], &good.to_uppercase(), &format!("{good},{good}")]
    {
        let (_, placed) = place(&shop, ill_formed, topic).await;
        let trace_id = placed[0]["trace_id"].as_str().expect("a trace").to_owned();
        assert_eq!(
            (trace_id.len(), &placed[0]["parent_span_id"]),
            (32, &Value::Null),
            "{ill_formed}"
        );
        assert!(!seen.contains(&trace_id), "{ill_formed}");
        seen.push(trace_id);
    }
}
