//! `ops trace`.

use std::time::Duration;

use e2e::{Deployment, eventually, ops};
use uuid::Uuid;

use super::SOON;

/// Time for two runs of the relay, which runs every minute: one may fail.
const RELAYED: Duration = Duration::from_secs(180);

#[tokio::test]
async fn trace_lists_steps_from_tables_and_function_logs() {
    let shop = Deployment::under_test().await;
    let id = shop.place("Ada", "81.50").await.id;
    shop.with_coupon(&id).await;
    shop.fulfilled(&id).await;
    shop.invoiced(&id).await;
    let receivers = shop.receivers_of("81.50").await;
    // Log lines arrive a moment after they are written.
    let steps = eventually("every function's log names the order", SOON, async || {
        let trace = ops(&["trace", &id, "--json"]).await;
        trace.assert_code(0);
        let steps = trace.objects();
        let has = |source: &str| steps.iter().any(|step| step["source"] == source);
        let has_own =
            ["OrdersTable", "orders", "FulfilmentTable", "InvoicingTable"].into_iter().all(has);
        let has_receivers = receivers.iter().all(|of| has(&of.function));
        (has_own && has_receivers).then_some(steps)
    })
    .await;
    let sources: Vec<_> = steps.iter().filter_map(|step| step["source"].as_str()).collect();
    assert_eq!(sources[..2], ["orders", "OrdersTable"], "{steps:?}");
    let at = |source| sources.iter().position(|found| *found == source);
    assert_eq!(at("FulfilmentTable"), at("fulfilment").map(|at| at + 1), "{steps:?}");
    assert!(
        steps.iter().all(|step| !step["what"].as_str().expect("a text").contains("Ada")),
        "{steps:?}"
    );
}

#[tokio::test]
async fn trace_of_an_unpublished_order_includes_the_relay() {
    let shop = Deployment::under_test().await;
    let id = shop.place_unpublished(1).await.remove(0);
    let trace = ops(&["trace", &id]).await;
    if shop.row("FulfilmentTable", "order_id", &id).await.is_none() {
        trace.assert_code(3);
        assert!(trace.stderr.contains("no shipment"), "{trace:?}");
    }
    eventually("the relay's log names the order", RELAYED, async || {
        let trace = ops(&["trace", &id, "--json"]).await;
        trace.objects().iter().any(|step| step["source"] == "outbox-relay").then_some(())
    })
    .await;
    shop.fulfilled(&id).await;
    shop.invoiced(&id).await;
    shop.with_coupon(&id).await;
    ops(&["trace", &id]).await.assert_code(0);
}

#[tokio::test]
async fn trace_exits_with_3_when_an_effect_is_missing() {
    let shop = Deployment::under_test().await;
    let id = shop.place("Ada", "81.50").await.id;
    shop.with_coupon(&id).await;
    shop.fulfilled(&id).await;
    shop.invoiced(&id).await;
    ops(&["trace", &id]).await.assert_code(0);
    shop.delete_row("InvoicingTable", "order_id", &id).await;
    shop.delete_row("PromotionTable", "order_id", &id).await;
    let trace = ops(&["trace", &id]).await;
    trace.assert_code(3);
    assert!(trace.stderr.contains("It has no invoice, no coupon:"), "{trace:?}");
    // Otherwise `check` would report both as missing.
    shop.delete_row("FulfilmentTable", "order_id", &id).await;
    shop.delete_row("OrdersTable", "id", &id).await;
}

#[tokio::test]
async fn trace_of_an_unknown_order_fails() {
    let trace = ops(&["trace", &Uuid::new_v4().to_string()]).await;
    trace.assert_code(1);
    assert!(trace.stderr.contains("there is no order"), "{trace:?}");
}
