//! The whole system works, with each part restricted to its own role.

use std::time::Duration;

use e2e::{Deployment, OrderEvent, eventually, ops};
use reqwest::StatusCode;
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::signed_http::SignedHttp;
use crate::system::System;
use crate::{QUEUES, SOON};

/// Time for two runs of the relay, which runs every minute: one may fail.
const TWO_SWEEPS: Duration = Duration::from_secs(180);
/// A relay run clears all pending flags, so only one of these tests may run at a time.
static SWEEPS: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn order_is_shipped_and_earns_a_coupon_that_is_spent_once() {
    let _queues = QUEUES.read().await;
    let shop = Deployment::under_test().await;
    let placed = shop.place_by_form("Ada", "81.50").await;
    shop.fulfilled(&placed.id).await;
    let order = shop.with_coupon(&placed.id).await;
    let code = order["coupon"]["code"].as_str().expect("a code");

    let discounted = shop.place_with_coupon("Ada", "100.00", code).await;
    assert_eq!(discounted.answer.json()["total"], "80.00");
    shop.fulfilled(&discounted.id).await;
    let again = json!({ "customer": "Ada", "amount": "100.00", "coupon": code });
    assert_eq!(
        shop.answered(&again, &Uuid::new_v4().to_string()).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn same_key_makes_one_order() {
    let _queues = QUEUES.read().await;
    let shop = Deployment::under_test().await;
    let (key, customer) = (Uuid::new_v4().to_string(), format!("Ada {}", Uuid::new_v4()));
    let order = json!({ "customer": customer, "amount": "12.34" });
    let first = shop.answered(&order, &key).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    assert_eq!(shop.answered(&order, &key).await.body, first.body);
    let other = json!({ "customer": customer, "amount": "12.35" });
    assert_eq!(shop.answered(&other, &key).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(shop.orders_of(&customer).await.len(), 1);
}

/// An order as the orders function leaves it when it cannot reach the topic.
async fn unpublished(shop: &Deployment) -> String {
    let id = Uuid::new_v4().to_string();
    let row = [
        ("id", &*id),
        ("customer", "Ada"),
        ("amount", "8150"),
        ("placed_at", "2026-11-22T10:00:00Z"),
        ("outbox", "3"),
    ];
    shop.put_row("OrdersTable", &row).await;
    id
}

async fn is_published(shop: &Deployment, id: &str, within: Duration) {
    eventually(&format!("{id} has no pending flag"), within, async || {
        let row = shop.row("OrdersTable", "id", id).await.expect("the order is there");
        (!row.contains_key("outbox")).then_some(())
    })
    .await;
    shop.fulfilled(id).await;
    shop.with_coupon(id).await;
}

#[tokio::test]
async fn schedule_role_starts_relay_that_publishes_pending_orders() {
    let _sweeps = SWEEPS.lock().await;
    let _queues = QUEUES.read().await;
    let http = SignedHttp::tls();
    let system = System::under_test(&http).await;
    let id = unpublished(&system.shop).await;
    let start = system.starting(system.shop.output("OutboxRelayFunctionName"));
    eventually("the relay publishes all it finds", SOON, async || {
        let swept = http.call(&start, &system.role("schedule").credentials).await;
        assert_eq!(swept.status, 200, "{swept:?}");
        (swept.json()["failed"] == 0).then_some(())
    })
    .await;
    is_published(&system.shop, &id, SOON).await;
}

#[tokio::test]
async fn schedule_publishes_pending_orders() {
    let _sweeps = SWEEPS.lock().await;
    let _queues = QUEUES.read().await;
    let shop = Deployment::under_test().await;
    let id = unpublished(&shop).await;
    is_published(&shop, &id, TWO_SWEEPS).await;
}

#[tokio::test]
async fn poison_reaches_every_dlq_and_repaired_event_is_processed() {
    let _queues = QUEUES.read().await;
    let shop = Deployment::under_test().await;
    let poison = format!("{{ poison {}", Uuid::new_v4());
    shop.publish(&poison, "81.50").await;
    for receiver in shop.receivers_of("81.50").await {
        let (queue, table) = (receiver.queue(), receiver.table());
        let visibility = shop.visibility(&queue).await;
        let dead = shop.take_from_dlq(&receiver.dlq(), &poison, 5 * visibility).await;
        assert_eq!(dead.body, poison);
        let cured = OrderEvent::of("81.50");
        shop.send(&queue, &cured.body(), &[("amount", "81.50")]).await;
        let row = async || shop.row(&table, "order_id", &cured.order_id).await;
        eventually(&format!("{table} has {}", cured.order_id), SOON, row).await;
    }
}

#[tokio::test]
async fn redriven_dead_letter_is_processed() {
    let _queues = QUEUES.read().await;
    let shop = Deployment::under_test().await;
    let event = OrderEvent::of("81.50");
    shop.send("FulfilmentSubscriptionDlqUrl", &event.body(), &[("amount", "81.50")]).await;
    ops(&["dlq", "redrive", "fulfilment-subscription"]).await.assert_code(0);
    let row = async || shop.row("FulfilmentTable", "order_id", &event.order_id).await;
    eventually(&format!("{} is shipped", event.order_id), SOON, row).await;
}
