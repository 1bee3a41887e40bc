//! The list of cut points is complete: every call that a function makes has a test that cuts it.

use std::collections::BTreeSet;

use devstack::Fault;
use e2e::{Deployment, OrderEvent, fault_proxy, held};
use serde_json::{Value, json};

use super::orders::Attempt;
use super::reads::get_event;
use super::relay::{FULL, TRIES};
use super::{EVERY_TIME, sweep};

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

fn listed(function: &str) -> BTreeSet<String> {
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
        shop.place_unpublished(FULL).await;
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

/// Every level of detail, as on AWS.
const VERBOSE: [(&str, &str); 2] =
    [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")];

/// Sends events to a function while a call fails at every try, and asserts that its log has none of
/// these words.
async fn logs_none_of(
    words: &[&str],
    shop: &Deployment,
    function: &str,
    call: &str,
    events: &[Value],
) {
    for fault in [Fault::Fail, Fault::LoseAnswer] {
        let proxy = fault_proxy().await;
        let injected = proxy.inject(call, fault, EVERY_TIME);
        let variables = [&[("AWS_ENDPOINT_URL", proxy.url())], &VERBOSE[..]].concat();
        let mut running = shop.start(function, &variables).await;
        for event in events {
            running.outcome(event).await;
        }
        let what = format!("{function}, {fault:?} at {call}");
        let log = running.end().await;
        assert!(injected.times() > 0, "{what} did not happen");
        assert!(!log.is_empty(), "{what}: it logs nothing");
        let leak = log.iter().find(|line| words.iter().any(|word| line.contains(word)));
        assert!(leak.is_none(), "{what}: {leak:?}");
    }
}

#[tokio::test]
async fn no_name_and_no_code_is_logged_whatever_call_fails() {
    let shop = Deployment::under_test().await;
    for call in listed("orders") {
        // Each is spent once: a failing save must meet a good one.
        let code = shop.earned_coupon().await;
        let spending = Attempt { coupon: Some(code.clone()), ..Attempt::with_key() };
        let keyed = Attempt::with_key();
        let plain = shop.place(&keyed.customer, "81.50").await.id;
        let events = [
            Attempt { key: None, coupon: None, customer: keyed.customer.clone() }.event(),
            spending.event(),
            spending.event(),
            get_event(&format!("/orders/{plain}")),
            get_event(&format!("/orders/{plain}/invoice")),
        ];
        let words = [&*keyed.customer, &*spending.customer, &*code];
        logs_none_of(&words, &shop, "orders", &call, &events).await;
    }
    sweep(&shop).await;
    for subscriber in shop.subscribers() {
        let function = &*subscriber.function;
        for call in listed(function) {
            let event = e2e::batch(&[OrderEvent::of("90.00"), OrderEvent::of("91.00")]);
            logs_none_of(&["Lovelace"], &shop, function, &call, &[event]).await;
        }
    }
}
