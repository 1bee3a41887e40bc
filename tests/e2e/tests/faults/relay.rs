//! The relay, under faults at each of its calls.

use devstack::Fault;
use e2e::{Deployment, fault_proxy, held, order_id};
use futures::StreamExt;
use futures::stream;
use serde_json::json;
use uuid::Uuid;

use super::{EVERY_TIME, assert_carried_out, faults, name_of, sweep};

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

/// Lets the relay sweep under every fault at an operation. `place` leaves orders that make it call
/// that operation.
async fn cut_at(operation: &str, place: impl AsyncFn(&Deployment) -> Vec<String>) {
    let shop = Deployment::under_test().await;
    let mut placed = vec![];
    for (fault, times) in faults() {
        let what = name_of(fault, times);
        let mut tries = 0..TRIES;
        loop {
            assert!(tries.next().is_some(), "{what} at {operation} did not happen");
            placed.push((place(&shop).await, what.clone()));
            let proxy = fault_proxy().await;
            let mut relay = shop.start_behind("outbox-relay", &proxy).await;
            let injected = proxy.inject(operation, fault, times);
            // The run ends within its timeout, and reports failures.
            let swept = relay.invoke(&json!({})).await;
            let count = |name: &str| swept[name].as_u64().expect("a count");
            assert!(count("published") >= count("cleared"), "{swept}");
            if injected.times() > 0 {
                break;
            }
        }
    }
    sweep(&shop).await;
    for (ids, injected) in placed {
        for id in ids {
            assert_carried_out(&shop, &id, &format!("{injected} at {operation}")).await;
        }
        held(&format!("outbox-relay, {operation}"), &injected, "published by a later sweep");
    }
}

async fn one(shop: &Deployment) -> Vec<String> {
    vec![place_unpublished(shop).await]
}

#[tokio::test]
async fn outbox_scan_faults_lose_no_order() {
    cut_at("Scan", one).await;
}

/// More orders than one query returns.
const FULL: usize = 101;
/// The outbox's shards, by the template.
const SHARDS: usize = 16;

#[tokio::test]
async fn shard_query_faults_lose_no_order() {
    cut_at("Query", async |shop| leave_pending(shop).await.split_off(FULL - 5)).await;
}

/// Leaves [`FULL`] orders in the table as the orders function does when it cannot publish them.
pub(crate) async fn leave_pending(shop: &Deployment) -> Vec<String> {
    let ids: Vec<_> = (0..FULL).map(|_| Uuid::new_v4().to_string()).collect();
    let put = async |(number, id): (usize, &String)| {
        let (customer, shard) = (format!("Ada {id}"), (number % SHARDS).to_string());
        let order = [("id", &**id), ("customer", &customer), ("amount", "81.50")];
        let pending = [("placed_at", "2026-11-22T10:00:00Z"), ("outbox", &shard)];
        shop.put_row("OrdersTable", &[&order[..], &pending[..]].concat()).await;
    };
    // More at once would delay the calls of the tests beside this one beyond their limits.
    stream::iter(ids.iter().enumerate()).map(put).buffer_unordered(4).collect::<()>().await;
    ids
}

#[tokio::test]
async fn publish_faults_lose_no_order() {
    cut_at("PublishBatch", one).await;
}

#[tokio::test]
async fn batch_clear_faults_lose_no_order() {
    cut_at("BatchExecuteStatement", one).await;
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
            "published by a later sweep",
        );
    }
}
