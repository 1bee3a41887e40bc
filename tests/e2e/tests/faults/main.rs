//! Faults on the way to AWS: a proxy refuses, throttles and fails calls, and loses their answers;
//! functions are killed in the middle. The functions are the shipped binaries. Whatever happens:
//! what was accepted is in the table and is fulfilled, once, and every request is answered in its
//! function's time.

mod consumers;
mod coupons;
mod orders;
mod relay;

use std::env;

use devstack::{Fault, FaultProxy};
use e2e::Deployment;

/// Once, so that a retry helps; and more often than anything is tried.
const ONCE: u32 = 1;
const EVERY_TIME: u32 = 100;

/// Every way in which a call can go wrong.
const FAULTS: [Fault; 5] =
    [Fault::Refuse, Fault::Throttle, Fault::Fail, Fault::LoseAnswer, Fault::WithholdAnswer];

async fn proxy() -> FaultProxy {
    let endpoint = env::var("AWS_ENDPOINT_URL")
        .expect("the faults need an emulator: AWS_ENDPOINT_URL names it");
    FaultProxy::start(&endpoint).await.expect("a port is free")
}

/// How a fault and how often it happens are called in the report.
fn name_of(fault: Fault, times: u32) -> String {
    format!("{}{}", fault.name(), if times == ONCE { "" } else { " at every try" })
}

/// Runs a clean relay until it finds nothing, as it would in the minutes after.
async fn sweep(shop: &Deployment) {
    let mut relay = shop.start("outbox-relay", &[]).await;
    let swept = relay.invoke(&serde_json::json!({})).await;
    assert_eq!(swept["failed"], 0, "{swept}");
}

/// Asserts that an order was published, is not pending any more, and is fulfilled.
async fn assert_carried_out(shop: &Deployment, id: &str, what: &str) {
    let row =
        shop.row("OrdersTable", "id", id).await.unwrap_or_else(|| panic!("{what}: {id} is lost"));
    assert!(!row.contains_key("outbox"), "{what}: {id} is still pending");
    shop.fulfilled(id).await;
    shop.with_coupon(id).await;
}
