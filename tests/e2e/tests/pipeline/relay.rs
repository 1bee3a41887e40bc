//! An accepted order is published, even if the first attempt failed.

use std::time::Duration;

use e2e::{Deployment, eventually, order_id, post_event};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

async fn pending(shop: &Deployment, ids: &[String]) -> usize {
    let rows = join_all(ids.iter().map(|id| shop.row("OrdersTable", "id", id))).await;
    rows.iter()
        .filter(|row| {
            row.as_ref().expect("an accepted order is in the table").contains_key("outbox")
        })
        .count()
}

/// A relay's run, and an order that it may have found.
struct SweepRun {
    id: String,
    summary: Value,
    log: Vec<String>,
}

/// Places an order that is not published and runs a relay with these variables, until one finds
/// an order. The stack's own relay, or another test's, may be quicker.
async fn sweep_an_order(shop: &Deployment, variables: &[(&str, &str)]) -> SweepRun {
    eventually("a relay finds a pending order", Duration::from_secs(30), async || {
        let id = shop.place_unpublished(1).await.remove(0);
        let mut relay = shop.start("outbox-relay", variables).await;
        let summary = relay.invoke(&json!({})).await;
        let log = relay.end().await;
        (summary["found"] != 0).then_some(SweepRun { id, summary, log })
    })
    .await
}

/// Whether a relay's run had time for all, and no call failed.
fn is_complete(summary: &Value) -> bool {
    summary["failed"] == 0 && summary["cut_short"] == false
}

#[tokio::test]
async fn relay_publishes_a_pending_order() {
    let shop = Deployment::under_test().await;
    let SweepRun { id, log, .. } = sweep_an_order(&shop, &[]).await;
    assert!(log.iter().any(|line| line.contains("sweep")), "it says what it did: {log:?}");
    shop.fulfilled(&id).await;
    shop.with_coupon(&id).await;
    assert_eq!(pending(&shop, &[id]).await, 0);
}

#[tokio::test]
async fn published_order_has_no_pending_flag() {
    let shop = Deployment::under_test().await;
    let order = json!({ "customer": "Ada", "amount": "81.50" }).to_string();
    let mut orders = shop.start("orders", &[]).await;
    // The function clears the flag in one call of 200 ms; a pause of the machine may last longer.
    for _ in 0..3 {
        let answer = orders.invoke(&post_event("application/json", &order)).await;
        if pending(&shop, &[order_id(&answer)]).await == 0 {
            return;
        }
    }
    panic!("the function did not clear the pending flag in three tries");
}

#[tokio::test]
async fn unacknowledged_order_keeps_its_pending_flag() {
    let shop = Deployment::under_test().await;
    let nowhere = shop.missing_topic();
    let SweepRun { id, summary, log } =
        sweep_an_order(&shop, &[("ORDERS_TOPIC_ARN", &nowhere)]).await;
    assert_eq!((&summary["published"], &summary["cleared"]), (&json!(0), &json!(0)), "{summary}");
    assert!(summary["failed"].as_u64() >= Some(1), "{summary}");
    assert!(log.iter().all(|line| !line.contains(&id)), "it says it published what it did not");
    // The stack's own relay may run at any time; the order must be published in the end.
    let mut relay = shop.start("outbox-relay", &[]).await;
    relay.invoke(&json!({})).await;
    shop.fulfilled(&id).await;
}

#[tokio::test]
async fn concurrent_relays_have_one_effect() {
    let shop = Deployment::under_test().await;
    let ids = shop.place_unpublished(40).await;
    let (one, other) =
        (shop.start("outbox-relay", &[]).await, shop.start("outbox-relay", &[]).await);
    let (one, other, event) = (Mutex::new(one), Mutex::new(other), json!({}));
    // A run that takes too long leaves orders to the next one.
    eventually("the relays publish every order", Duration::from_secs(30), async || {
        let (mut one, mut other) = (one.lock().await, other.lock().await);
        let (one, other) = tokio::join!(one.invoke(&event), other.invoke(&event));
        let is_published = pending(&shop, &ids).await == 0;
        if [&one, &other].into_iter().all(is_complete) {
            assert!(is_published, "{one} {other}");
        }
        is_published.then_some(())
    })
    .await;
    for id in &ids {
        shop.fulfilled(id).await;
    }
}

#[tokio::test]
async fn unreadable_row_does_not_block_others() {
    const SHARDS: u8 = 16;
    let shop = Deployment::under_test().await;
    // One row in every shard, older than any order.
    let broken: Vec<_> = (0..SHARDS)
        .map(|shard| (format!("broken-{}", Uuid::new_v4()), shard.to_string()))
        .collect();
    for (id, shard) in &broken {
        let row = [
            ("id", id.as_str()),
            ("outbox", shard),
            ("placed_at", "2001-01-01T00:00:00Z"),
            ("amount", "1"),
        ];
        shop.put_row("OrdersTable", &row).await;
    }
    let ids = shop.place_unpublished(3).await;
    let mut relay = shop.start("outbox-relay", &[]).await;
    let swept = relay.invoke(&json!({})).await;
    // Another test may have such a row as well.
    assert!(swept["unreadable"].as_u64() >= Some(SHARDS.into()), "{swept}");
    let log = relay.end().await;
    for (id, _) in &broken {
        assert!(log.iter().any(|line| line.contains(id)), "it says which row it is");
    }
    assert_eq!(pending(&shop, &ids).await, 0, "{swept}");
    for id in &ids {
        shop.fulfilled(id).await;
    }
    for (id, _) in &broken {
        shop.delete_row("OrdersTable", "id", id).await;
    }
}
