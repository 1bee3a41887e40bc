//! At-least-once delivery, exactly-once effect.

use std::time::Duration;

use e2e::{Deployment, OrderEvent, Row};
use futures::future::join_all;

/// Delivers an order's event this many times at once, waits until all are processed, and returns
/// the resulting rows.
async fn deliver(shop: &Deployment, event: &OrderEvent, times: usize) -> (Row, Row) {
    let body = event.body();
    join_all((0..times).map(|_| shop.publish(&body, &event.total))).await;
    let effect = async |table: &str| {
        let what = format!("{table} has {}", event.order_id);
        let soon = Duration::from_secs(60);
        e2e::eventually(&what, soon, async || shop.row(table, "order_id", &event.order_id).await)
            .await
    };
    let early = (effect("FulfilmentTable").await, effect("PromotionTable").await);
    shop.drained("FulfilmentQueueUrl").await;
    shop.drained("PromotionQueueUrl").await;
    let late = (effect("FulfilmentTable").await, effect("PromotionTable").await);
    assert_eq!(early, late, "a later delivery changed what an earlier one did");
    late
}

#[tokio::test]
async fn redelivered_event_has_no_second_effect() {
    let shop = Deployment::under_test().await;
    let event = OrderEvent::of("80.00");
    let first = deliver(&shop, &event, 1).await;
    let second = deliver(&shop, &event, 1).await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn event_delivered_ten_times_at_once_has_one_effect() {
    let shop = Deployment::under_test().await;
    let event = OrderEvent::of("120.00");
    let first = deliver(&shop, &event, 10).await;
    let again = deliver(&shop, &event, 10).await;
    assert_eq!(first, again);
}
