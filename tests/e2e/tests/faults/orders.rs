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

    /// The status of the response to a request with a fault, which is 201 or 503. An accepted order
    /// is saved once, and one request saves at most one order.
    async fn status_under(
        &self,
        shop: &Deployment,
        operation: &str,
        (fault, times): (Fault, u32),
        what: &str,
    ) -> u64 {
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject(operation, fault, times);
        let answer = orders.invoke(&self.event()).await;
        assert!(injected.times() > 0, "{what} did not happen");
        // Shown when the test fails.
        println!("{what}: {}\n{}", answer["statusCode"], orders.log().join("\n"));

        let saved = self.saved(shop).await;
        let status = answer["statusCode"].as_u64().unwrap_or_default();
        if status == 201 {
            assert_eq!(saved, [order_id(&answer)], "{what}: an accepted order is saved, once");
        } else {
            assert_eq!(status, 503, "{what}: {answer}");
            assert_eq!(answer["headers"]["retry-after"], "2", "{what}: {answer}");
            assert!(saved.len() <= 1, "{what}: one request made {saved:?}");
        }
        self.assert_coupon_is_spent_with_its_order(shop, what).await;
        status
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

/// Places an order for every fault at an operation, injected once and every time. One that is injected
/// once has no effect, a lasting one leads to the status `lasting`. At the end every saved order must
/// be carried out, and every accepted order saved, once.
///
/// If a call decides over the response, and its answer is withheld once, its second try has the rest
/// of a time limit, which a pause of the machine may use up: of three orders one must be accepted.
pub(crate) async fn cut_at(
    operation: &str,
    attempt: impl AsyncFn(&Deployment) -> Attempt,
    lasting: u64,
) {
    let shop = Deployment::under_test().await;
    let probe = shop.probe_topic().await;
    let (mut attempts, mut rows) = (vec![], vec![]);
    for (fault, times) in faults() {
        let what = format!("{fault:?} at {operation}, {times} times");
        let expected = if times == ONCE { 201 } else { lasting };
        let may_run_out = lasting == 503 && (fault, times) == (Fault::WithholdAnswer, ONCE);
        let tries = if may_run_out { 3 } else { 1 };
        let mut statuses = vec![];
        for _ in 0..tries {
            let attempt = attempt(&shop).await;
            statuses.push(attempt.status_under(&shop, operation, (fault, times), &what).await);
            attempts.push((what.clone(), attempt));
            if statuses.ends_with(&[expected]) {
                break;
            }
        }
        assert_eq!(statuses.last(), Some(&expected), "{what}: {statuses:?}");
        let what_held = match statuses[..] {
            [201] => "accepted, done once",
            [_] => "503, made at most one order",
            _ => "503, and at another try accepted, done once",
        };
        rows.push((name_of(fault, times), what_held));
    }
    sweep(&shop).await;
    let last = OrderEvent::of("81.50");
    shop.publish(&last.body(), &last.total).await;
    let published = probe.read_until(&last.order_id).await;
    probe.unsubscribe().await;
    for (what, attempt) in &attempts {
        let is_published = published.iter().any(|body| body.contains(&attempt.customer));
        assert_eq!(
            is_published,
            !attempt.saved(&shop).await.is_empty(),
            "{what}: what is saved is published, and nothing else"
        );
    }
    let has_coupon = attempts.iter().any(|(_, attempt)| attempt.coupon.is_some());
    for (what, attempt) in attempts {
        if attempt.key.is_some() {
            // Whatever the first response was, a repeated request gets one, and there is one order.
            attempt.repeat(&shop, &what).await;
        }
        for id in attempt.saved(&shop).await {
            assert_carried_out(&shop, &id, &what).await;
        }
    }
    let place = if has_coupon { "orders with a coupon" } else { "orders" };
    for (injected, what_held) in rows {
        held(&format!("{place}, {operation}"), &injected, what_held);
    }
}

#[tokio::test]
async fn save_without_key_faults_lose_no_order() {
    cut_at("PutItem", async |_| Attempt::without_key(), 503).await;
}

#[tokio::test]
async fn save_with_key_faults_lose_no_order() {
    cut_at("TransactWriteItems", async |_| Attempt::with_key(), 503).await;
}

#[tokio::test]
async fn publish_faults_lose_no_order() {
    cut_at("Publish", async |_| Attempt::with_key(), 201).await;
}

#[tokio::test]
async fn pending_flag_clear_faults_lose_no_order() {
    cut_at("UpdateItem", async |_| Attempt::with_key(), 201).await;
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
