//! Tests against the backend at `AWS_ENDPOINT_URL`. Each test creates its own topic and queues from
//! template.yaml.

use std::collections::{BTreeSet, HashSet};

use aws_mock::{Backend, Message, Topic, order};
use domain::{Order, OrderPlaced};
use telemetry::TraceParent;
use topic::{OrderToPublish, OrdersTopic, Republisher};

const EVERY_ORDER: &str = "FulfilmentSubscription";
const FROM_80: &str = "PromotionSubscription";
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn trace() -> TraceParent {
    TRACE.parse().expect("a traceparent")
}

/// Returns the message that a subscriber should receive for an order: the event and the attributes
/// to filter on.
fn published(order: &Order) -> Message {
    let attributes = [
        ["amount", "Number", &order.total().to_string()],
        ["traceparent", "String", TRACE],
        ["type", "String", "order.placed"],
    ];
    Message {
        body: OrderPlaced::from(order).encode(),
        attributes: attributes.map(|attribute| attribute.map(str::to_owned)).into(),
    }
}

/// The messages' bodies as a set: delivery has no particular order.
fn bodies<'a>(messages: impl IntoIterator<Item = &'a Message>) -> BTreeSet<&'a str> {
    messages.into_iter().map(|message| message.body.as_str()).collect()
}

#[tokio::test]
async fn order_message_arrives_raw_with_its_attributes() {
    let backend = Backend::under_test();
    let topic = Topic::make(&backend).await;
    let order = order("81.50");
    OrdersTopic::connect(backend.sdk(), topic.arn.clone())
        .await
        .publish(&order, trace())
        .await
        .unwrap();
    assert_eq!(topic.inbox(EVERY_ORDER).drain().await, [published(&order)]);
    assert_eq!(topic.inbox(FROM_80).drain().await, [published(&order)]);
}

#[tokio::test]
async fn filter_passes_80_dollars_but_not_79_99() {
    let backend = Backend::under_test();
    let topic = Topic::make(&backend).await;
    let publisher = OrdersTopic::connect(backend.sdk(), topic.arn.clone()).await;
    let orders = ["0.01", "79.99", "80.00", "80.01", "999999999.99"].map(order);
    for order in &orders {
        publisher.publish(order, trace()).await.unwrap();
    }
    let (every, from_80) =
        (topic.inbox(EVERY_ORDER).drain().await, topic.inbox(FROM_80).drain().await);
    let sent: Vec<_> = orders.iter().map(published).collect();
    assert_eq!((bodies(&every), every.len()), (bodies(&sent), 5));
    assert_eq!((bodies(&from_80), from_80.len()), (bodies(&sent[2..]), 3));
}

#[tokio::test]
async fn batched_orders_are_delivered_and_filtered_individually() {
    let backend = Backend::under_test();
    let topic = Topic::make(&backend).await;
    let publisher = Republisher::connect(backend.sdk(), topic.arn.clone()).await;
    let orders: Vec<_> =
        (0..10).map(|at| order(if at % 2 == 0 { "80.00" } else { "79.99" })).collect();
    let orders_to_publish: Vec<_> = orders
        .iter()
        .map(|order| OrderToPublish { order: order.clone(), trace: Some(trace()) })
        .collect();
    let response = publisher.publish_batch(&orders_to_publish).await.unwrap();
    assert_eq!(response.acknowledged, orders.iter().map(|order| order.id).collect::<HashSet<_>>());

    let sent: Vec<_> = orders.iter().map(published).collect();
    let every = topic.inbox(EVERY_ORDER).drain().await;
    assert_eq!((bodies(&every), every.len()), (bodies(&sent), 10));
    assert!(every.iter().all(|message| sent.contains(message)), "{every:?}");
    let from_80 = topic.inbox(FROM_80).drain().await;
    assert_eq!((bodies(&from_80), from_80.len()), (bodies(sent.iter().step_by(2)), 5));
}
