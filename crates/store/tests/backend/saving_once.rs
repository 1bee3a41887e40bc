//! Saving an order with its idempotency key in one transaction.

use aws_mock::order;
use domain::{Order, OrderView};
use store::{Claim, SaveOutcome};
use telemetry::TraceParent;

use crate::Shop;

fn claim(key: &str, fingerprint: &str, answer: &str) -> Claim {
    Claim {
        key: key.parse().expect("a key"),
        fingerprint: fingerprint.to_owned(),
        answer: answer.to_owned(),
    }
}

fn hours_after(order: &Order, hours: i64) -> Order {
    let mut later = aws_mock::order("12.00");
    later.placed_at = order.placed_at + jiff::SignedDuration::from_hours(hours);
    later
}

#[tokio::test]
async fn free_key_is_claimed_with_its_order() {
    let shop = Shop::open().await;
    let order = order("81.50");
    assert_eq!(
        shop.orders
            .save_with(&order, TraceParent::begin(), Some(&claim("k", "f", "first")), None)
            .await
            .unwrap(),
        SaveOutcome::Created
    );
    assert_eq!(shop.orders.read(order.id).await.unwrap(), Some(OrderView::new(order, None, None)));
    assert_eq!(shop.tables.index_rows("OrdersTable", "outbox").await.len(), 1);
    assert_eq!(shop.tables.rows("IdempotencyKeysTable").await.len(), 1);
}

#[tokio::test]
async fn replay_returns_the_first_answer_without_an_order() {
    let shop = Shop::open().await;
    let (first, replay) = (order("81.50"), order("81.50"));
    shop.orders
        .save_with(&first, TraceParent::begin(), Some(&claim("k", "f", "first")), None)
        .await
        .unwrap();
    let claimed = shop
        .orders
        .save_with(&replay, TraceParent::begin(), Some(&claim("k", "f", "second")), None)
        .await
        .unwrap();
    assert_eq!(claimed, SaveOutcome::Replayed { order_id: first.id, answer: "first".to_owned() });
    assert_eq!(shop.orders.read(replay.id).await.unwrap(), None);
}

#[tokio::test]
async fn repeating_the_same_save_returns_created() {
    let shop = Shop::open().await;
    let (order, claim) = (order("81.50"), claim("k", "f", "first"));
    shop.orders.save_with(&order, TraceParent::begin(), Some(&claim), None).await.unwrap();
    assert_eq!(
        shop.orders.save_with(&order, TraceParent::begin(), Some(&claim), None).await.unwrap(),
        SaveOutcome::Created
    );
    assert_eq!(shop.tables.rows("OrdersTable").await.len(), 1);
}

#[tokio::test]
async fn different_request_with_the_same_key_conflicts() {
    let shop = Shop::open().await;
    let (first, other) = (order("81.50"), order("12.00"));
    shop.orders
        .save_with(&first, TraceParent::begin(), Some(&claim("k", "f", "first")), None)
        .await
        .unwrap();
    let claimed = shop
        .orders
        .save_with(&other, TraceParent::begin(), Some(&claim("k", "g", "second")), None)
        .await
        .unwrap();
    assert_eq!(claimed, SaveOutcome::KeyConflict { order_id: first.id });
    assert_eq!(shop.orders.read(other.id).await.unwrap(), None);
}

#[tokio::test]
async fn key_is_reusable_only_after_it_expires() {
    let shop = Shop::open().await;
    let first = order("81.50");
    shop.orders
        .save_with(&first, TraceParent::begin(), Some(&claim("k", "f", "first")), None)
        .await
        .unwrap();
    let early = shop
        .orders
        .save_with(
            &hours_after(&first, 23),
            TraceParent::begin(),
            Some(&claim("k", "g", "second")),
            None,
        )
        .await
        .unwrap();
    assert_eq!(early, SaveOutcome::KeyConflict { order_id: first.id });
    let later = hours_after(&first, 24);
    assert_eq!(
        shop.orders
            .save_with(&later, TraceParent::begin(), Some(&claim("k", "g", "third")), None)
            .await
            .unwrap(),
        SaveOutcome::Created
    );
    let replay = shop
        .orders
        .save_with(
            &hours_after(&later, 1),
            TraceParent::begin(),
            Some(&claim("k", "g", "fourth")),
            None,
        )
        .await
        .unwrap();
    assert_eq!(replay, SaveOutcome::Replayed { order_id: later.id, answer: "third".to_owned() });
}

#[tokio::test]
async fn concurrent_saves_with_one_key_create_one_order() {
    let shop = Shop::open().await;
    let orders: Vec<_> = (0..4).map(|_| order("81.50")).collect();
    let claim = claim("k", "f", "first");
    let claimed = futures::future::join_all(
        orders
            .iter()
            .map(|order| shop.orders.save_with(order, TraceParent::begin(), Some(&claim), None)),
    )
    .await;
    let now = claimed.iter().filter(|claimed| matches!(claimed, Ok(SaveOutcome::Created))).count();
    assert_eq!(now, 1, "{claimed:?}");
    assert_eq!(shop.tables.rows("OrdersTable").await.len(), 1);
}
