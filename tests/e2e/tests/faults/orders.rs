//! The orders function, under faults at each of its calls.

use std::time::Duration;

use devstack::Fault;
use e2e::{Deployment, OrderEvent, eventually, fault_proxy, held, order_id, post_event};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{EVERY_TIME, ONCE, assert_carried_out, faults, kill_at, name_of, sweep};

const SOON: Duration = Duration::from_secs(10);

/// A customer's attempt to place one order, large enough to earn a coupon.
pub(crate) struct Attempt {
    pub(crate) customer: String,
    pub(crate) key: Option<String>,
    pub(crate) coupon: Option<String>,
}

impl Attempt {
    pub(crate) fn with_key() -> Self {
        Self { key: Some(Uuid::new_v4().to_string()), ..Self::without_key() }
    }

    pub(crate) fn without_key() -> Self {
        Self { customer: format!("Ada {}", Uuid::new_v4()), key: None, coupon: None }
    }

    pub(crate) fn event(&self) -> Value {
        let order = json!({ "customer": self.customer, "amount": "101.88", "coupon": self.coupon });
        let mut event = post_event("application/json", &order.to_string());
        if let Some(key) = &self.key {
            event["headers"]["idempotency-key"] = json!(key);
        }
        event
    }

    /// The ids of this customer's orders in the table.
    pub(crate) async fn saved(&self, shop: &Deployment) -> Vec<String> {
        shop.orders_of(&self.customer).await
    }

    /// Sends the request again, without a fault, and asserts that there is one order.
    pub(crate) async fn repeat(&self, shop: &Deployment, what: &str) -> String {
        let again = shop.start("orders", &[]).await.invoke(&self.event()).await;
        assert_eq!(again["statusCode"], 201, "{what}: {again}");
        let id = order_id(&again);
        assert_eq!(self.saved(shop).await, [&*id], "{what}: one request makes one order");
        self.assert_coupon_is_spent_with_its_order(shop, what).await;
        id
    }

    /// Asserts that the coupon, if any, is spent on the saved order, or unspent if no order is
    /// saved.
    pub(crate) async fn assert_coupon_is_spent_with_its_order(
        &self,
        shop: &Deployment,
        what: &str,
    ) {
        let Some(code) = &self.coupon else { return };
        let spent_by = shop.coupon_row(code).await.remove("spent_by");
        assert_eq!(
            Vec::from_iter(spent_by),
            self.saved(shop).await,
            "{what}: the coupon's order, and the customer's"
        );
    }
}

/// Places an order for every fault at an operation, injected once and every time, and passes the
/// response to `judge`. At the end every saved order must be carried out, and every accepted order
/// saved, once.
pub(crate) async fn cut_at(
    operation: &str,
    attempt: impl AsyncFn(&Deployment) -> Attempt,
    judge: impl Fn(Fault, u32, &Value),
) {
    let shop = Deployment::under_test().await;
    let probe = shop.probe_topic().await;
    let mut attempts = vec![];
    for (fault, times) in faults() {
        let what = format!("{fault:?} at {operation}, {times} times");
        let attempt = attempt(&shop).await;
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject(operation, fault, times);
        let answer = orders.invoke(&attempt.event()).await;
        assert!(injected.times() > 0, "{what} did not happen");
        // Shown when the test fails.
        println!("{what}: {}\n{}", answer["statusCode"], orders.log().join("\n"));
        judge(fault, times, &answer);

        let saved = attempt.saved(&shop).await;
        if answer["statusCode"] == 201 {
            assert_eq!(
                saved,
                [order_id(&answer)],
                "{what}: an accepted order is in the table, once"
            );
        } else {
            assert_eq!(answer["statusCode"], 503, "{what}: {answer}");
            assert!(saved.len() <= 1, "{what}: one request made {saved:?}");
        }
        attempt.assert_coupon_is_spent_with_its_order(&shop, &what).await;
        let what_held = if answer["statusCode"] == 201 {
            "accepted, done once"
        } else {
            "503, made at most one order"
        };
        attempts.push((what, attempt, name_of(fault, times), what_held));
    }
    sweep(&shop).await;
    let last = OrderEvent::of("81.50");
    shop.publish(&last.body(), &last.total).await;
    let published = probe.read_until(&last.order_id).await;
    probe.unsubscribe().await;
    for (what, attempt, ..) in &attempts {
        let is_published = published.iter().any(|body| body.contains(&attempt.customer));
        assert_eq!(
            is_published,
            !attempt.saved(&shop).await.is_empty(),
            "{what}: what is saved is published, and nothing else"
        );
    }
    for (what, attempt, injected, what_held) in attempts {
        if attempt.key.is_some() {
            // Whatever the first response was, a repeated request gets one, and there is one order.
            attempt.repeat(&shop, &what).await;
        }
        for id in attempt.saved(&shop).await {
            assert_carried_out(&shop, &id, &what).await;
        }
        let place = if attempt.coupon.is_some() { "orders with a coupon" } else { "orders" };
        held(&format!("{place}, {operation}"), &injected, what_held);
    }
}

/// Saves are retried: a passing fault has no effect, a lasting one leads to a 503, as the outcome
/// is unknown.
pub(crate) fn save_is_retried(fault: Fault, times: u32, answer: &Value) {
    assert_eq!(
        answer["statusCode"],
        if times == ONCE { 201 } else { 503 },
        "{fault:?}, {times} times: {answer}"
    );
    if times > ONCE {
        assert_eq!(answer["headers"]["retry-after"], "2", "{answer}");
    }
}

/// An order is accepted once it is saved.
fn accepted(fault: Fault, times: u32, answer: &Value) {
    assert_eq!(answer["statusCode"], 201, "{fault:?}, {times} times: {answer}");
}

#[tokio::test]
async fn save_without_key_faults_lose_no_order() {
    cut_at("PutItem", async |_| Attempt::without_key(), save_is_retried).await;
}

#[tokio::test]
async fn save_with_key_faults_lose_no_order() {
    cut_at("TransactWriteItems", async |_| Attempt::with_key(), save_is_retried).await;
}

#[tokio::test]
async fn publish_faults_lose_no_order() {
    cut_at("Publish", async |_| Attempt::with_key(), accepted).await;
}

#[tokio::test]
async fn pending_flag_clear_faults_lose_no_order() {
    cut_at("UpdateItem", async |_| Attempt::with_key(), accepted).await;
}

/// The function opens its connections before the first event, with a read of no order and an empty
/// batch.
#[tokio::test]
async fn startup_faults_lose_no_order() {
    let shop = Deployment::under_test().await;
    for operation in ["BatchGetItem", "PublishBatch"] {
        for (fault, times) in faults() {
            let what = format!("{fault:?} at {operation}, {times} times");
            // A pause of the machine may leave an order to the relay.
            let id = eventually("the function publishes an order itself", SOON, async || {
                let (proxy, attempt) = (fault_proxy().await, Attempt::with_key());
                let injected = proxy.inject(operation, fault, times);
                let mut orders = shop.start_behind("orders", &proxy).await;
                let answer = orders.invoke(&attempt.event()).await;
                assert!(injected.times() > 0, "{what} did not happen");
                assert_eq!(answer["statusCode"], 201, "{what}: {answer}");
                let id = order_id(&answer);
                let row = shop.row("OrdersTable", "id", &id).await.expect("accepted is saved");
                (!row.contains_key("outbox")).then_some(id)
            });
            assert_carried_out(&shop, &id.await, &what).await;
            let place = format!("orders, at start-up, {operation}");
            held(&place, &name_of(fault, times), "accepted, done once");
        }
    }
}

#[tokio::test]
async fn kill_during_any_call_loses_no_order() {
    let shop = Deployment::under_test().await;
    for operation in ["TransactWriteItems", "Publish", "UpdateItem"] {
        let proxy = fault_proxy().await;
        let orders = shop.start_behind("orders", &proxy).await;
        let attempt = Attempt::with_key();
        let injected = proxy.inject(operation, Fault::WithholdAnswer, ONCE);
        kill_at(injected, orders, &attempt.event()).await;
        let id = attempt.repeat(&shop, operation).await;
        sweep(&shop).await;
        assert_carried_out(&shop, &id, operation).await;
        let what_held = "asked again: one order, done once";
        held(&format!("orders, {operation}"), "killed before the answer came", what_held);
    }
}

#[tokio::test]
async fn transaction_conflict_is_retried_and_never_422() {
    let shop = Deployment::under_test().await;
    for (times, status) in [(ONCE, 201), (EVERY_TIME, 503)] {
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject("TransactWriteItems", Fault::Conflict, times);
        let answer = orders.invoke(&Attempt::with_key().event()).await;
        assert!(injected.times() > 0);
        assert_eq!(answer["statusCode"], status, "{times} times");
        let what_held = format!("{status}, never 422");
        held("orders, TransactWriteItems", &name_of(Fault::Conflict, times), &what_held);
    }
}

#[tokio::test]
async fn connections_closed_while_frozen_cause_no_error() {
    let shop = Deployment::under_test().await;
    let proxy = fault_proxy().await;
    let mut orders = shop.start_behind("orders", &proxy).await;
    for _ in 0..3 {
        assert!(proxy.hang_up().await > 0, "no connection was open");
        let answer = orders.invoke(&Attempt::with_key().event()).await;
        assert_eq!(answer["statusCode"], 201, "{answer}");
        shop.fulfilled(&order_id(&answer)).await;
    }
    held("orders, every call", "connections closed while the sandbox slept", "accepted, done once");
}
