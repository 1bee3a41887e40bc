//! The relay, under faults at each of its calls.

use devstack::Fault;
use e2e::{Deployment, fault_proxy, held, order_id};
use serde_json::json;

use super::{EVERY_TIME, ONCE, assert_carried_out, faults, name_of, sweep};

/// Places an order through a function whose publish is refused, and returns its id.
async fn place_unpublished(shop: &Deployment) -> String {
    let proxy = fault_proxy().await;
    proxy.inject("Publish", Fault::Refuse, EVERY_TIME);
    let mut orders = shop.start_behind("orders", &proxy).await;
    let answer = orders.invoke(&e2e::fixture("orders/place-by-json.json")).await;
    assert_eq!(answer["statusCode"], 201, "accepted is saved: {answer}");
    order_id(&answer)
}

/// The stack's own relay, or another test's, may process the order first, so the test retries.
pub(crate) const TRIES: u32 = 5;

async fn cut_at(operation: &str) {
    let shop = Deployment::under_test().await;
    let mut placed = vec![];
    for (fault, times) in faults() {
        let what = name_of(fault, times);
        let mut tries = 0..TRIES;
        loop {
            assert!(tries.next().is_some(), "{what} at {operation} did not happen");
            placed.push((place_unpublished(&shop).await, what.clone()));
            let proxy = fault_proxy().await;
            let mut relay = shop.start_behind("outbox-relay", &proxy).await;
            let injected = proxy.inject(operation, fault, times);
            // The run ends within its timeout, and reports failures.
            let swept = relay.invoke(&json!({})).await;
            assert!(swept["published"].as_u64() >= swept["cleared"].as_u64(), "{swept}");
            if injected.times() > 0 {
                break;
            }
        }
    }
    sweep(&shop).await;
    for (id, injected) in placed {
        assert_carried_out(&shop, &id, &format!("{injected} at {operation}")).await;
        held(
            &format!("outbox-relay, {operation}"),
            &injected,
            "published by a later sweep, done once",
        );
    }
}

#[tokio::test]
async fn outbox_scan_faults_lose_no_order() {
    cut_at("Scan").await;
}

/// More orders than one query returns.
pub(crate) const FULL: usize = 101;

#[tokio::test]
async fn shard_query_faults_lose_no_order() {
    let shop = Deployment::under_test().await;
    let mut tries = 0..TRIES;
    let placed = loop {
        assert!(tries.next().is_some(), "no sweep read the shards");
        let placed = shop.place_unpublished(FULL).await;
        let proxy = fault_proxy().await;
        let mut relay = shop.start_behind("outbox-relay", &proxy).await;
        let injected = proxy.inject("Query", Fault::Fail, ONCE);
        relay.invoke(&json!({})).await;
        if injected.times() > 0 {
            break placed;
        }
    };
    sweep(&shop).await;
    for id in placed {
        assert_carried_out(&shop, &id, "a shard could not be read").await;
    }
    held(
        "outbox-relay, Query",
        &name_of(Fault::Fail, ONCE),
        "published by a later sweep, done once",
    );
}

#[tokio::test]
async fn publish_faults_lose_no_order() {
    cut_at("PublishBatch").await;
}

#[tokio::test]
async fn batch_clear_faults_lose_no_order() {
    cut_at("BatchExecuteStatement").await;
}

#[tokio::test]
async fn kill_during_any_call_loses_no_order() {
    let shop = Deployment::under_test().await;
    for operation in ["Scan", "PublishBatch", "BatchExecuteStatement"] {
        let mut placed = vec![];
        let mut tries = 0..TRIES;
        loop {
            assert!(tries.next().is_some(), "{operation} was never on its way");
            placed.push(place_unpublished(&shop).await);
            let proxy = fault_proxy().await;
            let mut relay = shop.start_behind("outbox-relay", &proxy).await;
            let mut injected = proxy.inject(operation, Fault::WithholdAnswer, EVERY_TIME);
            let event = json!({});
            tokio::select! {
                () = injected.happened() => break drop(relay),
                swept = async { relay.invoke(&event).await } => assert_eq!(swept["failed"], 0, "{operation}: {swept}"),
            }
        }
        sweep(&shop).await;
        for id in placed {
            assert_carried_out(&shop, &id, operation).await;
        }
        held(
            &format!("outbox-relay, {operation}"),
            "killed before the answer came",
            "published by a later sweep, done once",
        );
    }
}
