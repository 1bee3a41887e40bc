//! Faults on calls to AWS: a proxy refuses, throttles and fails calls, and drops their responses;
//! functions are killed in the middle. The functions are the shipped binaries. Always, accepted
//! orders are in the table and are fulfilled once, and every request gets a response within its
//! function's timeout.

mod after_answer;
mod coupons;
mod cut_points;
mod orders;
mod privacy;
mod reads;
mod relay;
mod subscribers;

use std::time::Duration;

use devstack::{Fault, Injected};
use e2e::{Deployment, Function, eventually};
use serde_json::{Value, json};

/// Once, so that a retry helps; and more often than any call is retried.
const ONCE: u32 = 1;
const EVERY_TIME: u32 = 100;

/// Every fault of a single call.
const FAULTS: [Fault; 5] =
    [Fault::Refuse, Fault::Throttle, Fault::Fail, Fault::LoseAnswer, Fault::WithholdAnswer];

/// Every fault, once and at every try.
fn faults() -> impl Iterator<Item = (Fault, u32)> {
    FAULTS.into_iter().flat_map(|fault| [(fault, ONCE), (fault, EVERY_TIME)])
}

/// Invokes a function, and kills it as soon as the fault is injected.
async fn kill_at(mut injected: Injected, mut function: Function, event: &Value) {
    tokio::select! {
        () = injected.happened() => drop(function),
        answer = async { function.invoke(event).await } => panic!("it answered {answer}"),
    }
}

/// A fault's name in the report, with its frequency.
fn name_of(fault: Fault, times: u32) -> String {
    format!("{}{}", fault.name(), if times == ONCE { "" } else { " at every try" })
}

/// Runs relays without faults, as the schedule does, until one has time for all that is pending.
async fn sweep(shop: &Deployment) {
    const A_FEW_RUNS: Duration = Duration::from_secs(30);
    eventually("a relay publishes all it finds", A_FEW_RUNS, async || {
        let swept = shop.start("outbox-relay", &[]).await.invoke(&json!({})).await;
        (swept["failed"] == 0 && swept["cut_short"] == false).then_some(())
    })
    .await;
}

/// Asserts that an order is published, no longer pending, and fulfilled.
async fn assert_carried_out(shop: &Deployment, id: &str, what: &str) {
    let row =
        shop.row("OrdersTable", "id", id).await.unwrap_or_else(|| panic!("{what}: {id} is lost"));
    assert!(!row.contains_key("outbox"), "{what}: {id} is still pending");
    shop.fulfilled(id).await;
    shop.with_coupon(id).await;
}
