//! No function logs a customer's name or a coupon's code while any of its calls fails.

use devstack::Fault;
use e2e::{Deployment, OrderEvent, fault_proxy};
use serde_json::{Value, json};

use super::cut_points::listed;
use super::orders::Attempt;
use super::reads::get_event;
use super::relay::{TRIES, leave_pending};
use super::{EVERY_TIME, sweep};

/// Every level of detail, as on AWS.
const VERBOSE: [(&str, &str); 2] =
    [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")];

/// Sends events to a function while a call fails at every try, and asserts that its log has none of
/// these words. Returns whether the fault happened.
async fn logs_none_of(
    words: &[&str],
    shop: &Deployment,
    function: &str,
    (fault, call): (Fault, &str),
    events: &[Value],
) -> bool {
    let proxy = fault_proxy().await;
    let injected = proxy.inject(call, fault, EVERY_TIME);
    let variables = [&[("AWS_ENDPOINT_URL", proxy.url())], &VERBOSE[..]].concat();
    let mut running = shop.start(function, &variables).await;
    for event in events {
        running.outcome(event).await;
    }
    let log = running.end().await;
    assert!(!log.is_empty(), "{function}, {fault:?} at {call}: it logs nothing");
    let leak = log.iter().find(|line| words.iter().any(|word| line.contains(word)));
    assert!(leak.is_none(), "{function}, {fault:?} at {call}: {leak:?}");
    injected.times() > 0
}

/// Faults that a function logs, at every call of a function.
fn failing_calls(function: &str) -> impl Iterator<Item = (Fault, String)> {
    let faults = |call: String| [Fault::Fail, Fault::LoseAnswer].map(|fault| (fault, call.clone()));
    listed(function).into_iter().flat_map(faults)
}

#[tokio::test]
async fn orders_logs_no_name_and_no_code_whatever_call_fails() {
    let shop = Deployment::under_test().await;
    for (fault, call) in failing_calls("orders") {
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
        let happened = logs_none_of(&words, &shop, "orders", (fault, &call), &events).await;
        assert!(happened, "{fault:?} at {call} did not happen");
    }
    sweep(&shop).await;
}

#[tokio::test]
async fn relay_logs_no_name_whatever_call_fails() {
    let shop = Deployment::under_test().await;
    for (fault, call) in failing_calls("outbox-relay") {
        let mut tries = 0..TRIES;
        loop {
            assert!(tries.next().is_some(), "{fault:?} at {call} did not happen");
            leave_pending(&shop).await;
            if logs_none_of(&["Ada"], &shop, "outbox-relay", (fault, &call), &[json!({})]).await {
                break;
            }
        }
    }
    sweep(&shop).await;
}

#[tokio::test]
async fn subscribers_log_no_name_whatever_call_fails() {
    let shop = Deployment::under_test().await;
    for subscriber in shop.subscribers() {
        let function = &*subscriber.function;
        for (fault, call) in failing_calls(function) {
            let event = e2e::batch(&[OrderEvent::of("90.00"), OrderEvent::of("91.00")]);
            let events = [event];
            let happened =
                logs_none_of(&["Lovelace"], &shop, function, (fault, &call), &events).await;
            assert!(happened, "{function}: {fault:?} at {call} did not happen");
        }
    }
}
