//! A bad message never blocks or loses a good one, and reaches the dead-letter queue with its body
//! intact.

use std::time::{Duration, Instant};

use e2e::{Deployment, OrderEvent, Subscriber, batch, eventually, failures};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

/// The template's `BatchSize`.
const BATCH: usize = 10;

/// Quotes, a line break, markup and characters of two to four bytes, all of which must survive.
fn garbage() -> String {
    format!("{{\"order_id\": \"{}\", \n <&> 'é☃😀' \\u0000 %00", Uuid::new_v4())
}

#[tokio::test]
async fn garbage_body_reaches_the_dlq_byte_for_byte() {
    let shop = Deployment::under_test().await;
    let garbage = garbage();
    let good: Vec<_> = (0..9).map(|_| OrderEvent::of("90.00")).collect();
    let start = Instant::now();
    let (before, after) = good.split_at(5);
    join_all(before.iter().map(|event| async { shop.publish(&event.body(), &event.total).await }))
        .await;
    shop.publish(&garbage, "90.00").await;
    join_all(after.iter().map(|event| async { shop.publish(&event.body(), &event.total).await }))
        .await;

    let receivers = shop.receivers_of("90.00").await;
    let soon = Duration::from_secs(30);
    for event in &good {
        for table in receivers.iter().map(Subscriber::table) {
            let row = async || shop.row(&table, "order_id", &event.order_id).await;
            eventually(&format!("{table} has {}", event.order_id), soon, row).await;
        }
    }
    for receiver in receivers {
        let (queue, dlq) = (receiver.queue(), receiver.dlq());
        let visibility = shop.visibility(&queue).await;
        let message = shop.take_from_dlq(&dlq, &garbage[..50], 5 * visibility).await;
        assert_eq!(message.body, garbage);
        assert!(
            start.elapsed() > 2 * visibility,
            "it was not tried three times before it came to {dlq}"
        );
    }
}

#[tokio::test]
async fn poison_in_a_delivery_fails_only_its_record() {
    let shop = Deployment::under_test().await;
    for subscriber in shop.subscribers() {
        let (function, table) = (&*subscriber.function, subscriber.table());
        let mut subscriber = shop.start(function, &[]).await;
        for position in 0..BATCH {
            let events: Vec<_> = (0..BATCH).map(|_| OrderEvent::of("90.00")).collect();
            let mut delivery = batch(&events);
            delivery["Records"][position]["body"] = json!(garbage());
            let response = subscriber.invoke(&delivery).await;
            assert_eq!(failures(&response), [format!("m{position}")], "{function}");
            let rows =
                join_all(events.iter().map(|event| shop.row(&table, "order_id", &event.order_id)))
                    .await;
            let done: Vec<_> = (0..BATCH).filter(|position| rows[*position].is_some()).collect();
            assert_eq!(
                done,
                (0..BATCH).filter(|other| *other != position).collect::<Vec<_>>(),
                "{function}"
            );
        }
    }
}

#[tokio::test]
async fn poison_in_a_queue_reaches_the_dlq_and_the_rest_succeed() {
    let shop = Deployment::under_test().await;
    let visibility = shop.visibility("FulfilmentQueueUrl").await;
    // In parallel: three attempts take three visibility timeouts, whatever the position.
    join_all((0..BATCH).map(async |position| {
        let garbage = garbage();
        let events: Vec<_> = (0..BATCH).map(|_| OrderEvent::of("90.00")).collect();
        let mut bodies: Vec<_> = events.iter().map(OrderEvent::body).collect();
        bodies[position] = garbage.clone();
        shop.send_together("FulfilmentQueueUrl", &bodies).await;
        for (_, event) in events.iter().enumerate().filter(|(other, _)| *other != position) {
            let row = async || shop.row("FulfilmentTable", "order_id", &event.order_id).await;
            eventually(&format!("{} is shipped", event.order_id), Duration::from_secs(30), row)
                .await;
        }
        let within = 6 * visibility;
        assert_eq!(
            shop.take_from_dlq("FulfilmentDlqUrl", &garbage[..50], within).await.body,
            garbage
        );
    }))
    .await;
}
