//! The pages, under faults at each of their reads.

use e2e::{Deployment, fault_proxy, held};
use serde_json::{Value, json};

use super::{ONCE, faults, name_of};

/// A GET of a path, as API Gateway passes it on.
pub(crate) fn get_event(path: &str) -> Value {
    let mut event = e2e::fixture("orders/get-order.json");
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event
}

/// Reads an order's page or its invoice for every fault at an operation. A passing fault has no
/// effect; a lasting one leads to a 503, as the client may try again.
async fn cut_at(operation: &str, suffix: &str) {
    let shop = Deployment::under_test().await;
    let id = shop.place("Ada", "81.50").await.id;
    shop.invoiced(&id).await;
    let event = get_event(&format!("/orders/{id}{suffix}"));
    for (fault, times) in faults() {
        let what = format!("{fault:?} at {operation}, {times} times");
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject(operation, fault, times);
        let answer = orders.invoke(&event).await;
        assert!(injected.times() > 0, "{what} did not happen");
        let status = if times == ONCE { 200 } else { 503 };
        assert_eq!(answer["statusCode"], status, "{what}: {answer}");
        if times > ONCE {
            assert_eq!(answer["headers"]["retry-after"], "2", "{what}: {answer}");
        }
        let what_held = if times == ONCE { "shown" } else { "503, to be tried again" };
        held(&format!("orders, {operation}"), &name_of(fault, times), what_held);
    }
}

#[tokio::test]
async fn order_page_survives_read_faults() {
    cut_at("BatchGetItem", "").await;
}

#[tokio::test]
async fn invoice_page_survives_read_faults() {
    cut_at("BatchGetItem", "/invoice").await;
}
