//! The list of cut points is complete: every call that a function makes has a test that cuts it.

use std::collections::BTreeSet;

use e2e::{Deployment, fault_proxy, held};
use serde_json::{Value, json};

use super::orders::Attempt;
use super::reads::get_event;
use super::relay::{TRIES, leave_pending};
use super::sweep;

/// The calls of each function. The tests of this suite inject every fault at each of them:
/// `cargo xtask verify faults` compares the list with what they did.
const CUT_POINTS: [(&str, &[&str]); 3] = [
    (
        "orders",
        &[
            "BatchGetItem",
            "GetItem",
            "Publish",
            "PublishBatch",
            "PutItem",
            "Query",
            "TransactWriteItems",
            "UpdateItem",
        ],
    ),
    ("outbox-relay", &["BatchExecuteStatement", "PublishBatch", "Query", "Scan"]),
    ("invoicing", &["BatchExecuteStatement", "UpdateItem"]),
];
/// The calls of a subscriber that is not listed above.
const OF_A_SUBSCRIBER: &[&str] = &["BatchExecuteStatement"];

/// Marks a call in the report that must have cuts.
const LISTED: &str = "listed";

pub(crate) fn listed(function: &str) -> BTreeSet<String> {
    let own = CUT_POINTS.iter().find(|(name, _)| *name == function);
    let calls = own.map_or(OF_A_SUBSCRIBER, |(_, calls)| *calls);
    calls.iter().map(|call| (*call).to_owned()).collect()
}

/// Sends events to a function, and returns the operations that it called.
async fn calls_of(shop: &Deployment, function: &str, events: &[Value]) -> BTreeSet<String> {
    let proxy = fault_proxy().await;
    proxy.record();
    let mut running = shop.start_behind(function, &proxy).await;
    for event in events {
        running.invoke(event).await;
    }
    running.idle().await;
    let made: BTreeSet<_> = proxy.recorded().into_iter().map(|call| call.operation).collect();
    for call in &made {
        held(&format!("{function}, {call}"), LISTED, "");
    }
    made
}

/// Every kind of request: with and without a key, repeated, with a coupon, with a spent one, read.
#[tokio::test]
async fn every_call_of_orders_is_cut() {
    let shop = Deployment::under_test().await;
    let plain = shop.place("Ada", "81.50").await.id;
    let keyed = Attempt::with_key();
    let spending = Attempt { coupon: Some(shop.earned_coupon().await), ..Attempt::with_key() };
    let refused = Attempt { coupon: spending.coupon.clone(), ..Attempt::with_key() };
    let events = [
        Attempt::without_key().event(),
        e2e::fixture("orders/place-by-form.json"),
        keyed.event(),
        keyed.event(),
        spending.event(),
        spending.event(),
        refused.event(),
        get_event(&format!("/orders/{plain}")),
        get_event(&format!("/orders/{plain}/invoice")),
        get_event("/"),
        get_event("/openapi.json"),
    ];
    assert_eq!(calls_of(&shop, "orders", &events).await, listed("orders"));
}

#[tokio::test]
async fn every_call_of_the_relay_is_cut() {
    let shop = Deployment::under_test().await;
    let (mut made, mut tries) = (BTreeSet::new(), 0..TRIES);
    // Another relay may publish the orders first, so the test retries.
    while made != listed("outbox-relay") {
        assert!(tries.next().is_some(), "the relay called {made:?}");
        // So many that it queries the shards as well.
        leave_pending(&shop).await;
        made.extend(calls_of(&shop, "outbox-relay", &[json!({})]).await);
    }
    sweep(&shop).await;
}

#[tokio::test]
async fn every_call_of_the_subscribers_is_cut() {
    let shop = Deployment::under_test().await;
    let event = e2e::fixture("subscriber/full-batch.json");
    for subscriber in shop.subscribers() {
        let function = &*subscriber.function;
        let made = calls_of(&shop, function, &[event.clone(), event.clone()]).await;
        assert_eq!(made, listed(function), "{function}");
    }
}
