//! Orders with a coupon, under faults at each additional call, and concurrent with another order.

use std::time::Duration;

use devstack::Fault;
use e2e::{Deployment, fault_proxy, held, json_body, order_id};
use serde_json::{Value, json};
use uuid::Uuid;

use super::orders::{Attempt, cut_at};
use super::{EVERY_TIME, ONCE, faults, kill_at, name_of, sweep};

/// Reads the coupon, saves order, key and coupon, and reads the key if the coupon is spent.
const LOOK_UP: &str = "Query";
const SAVE: &str = "TransactWriteItems";
const READ_KEY: &str = "GetItem";

async fn with_key(shop: &Deployment) -> Attempt {
    Attempt { coupon: Some(shop.earned_coupon().await), ..Attempt::with_key() }
}

async fn without_key(shop: &Deployment) -> Attempt {
    Attempt { coupon: Some(shop.earned_coupon().await), ..Attempt::without_key() }
}

/// Another customer, with the same coupon.
fn rival(attempt: &Attempt) -> Attempt {
    Attempt { coupon: attempt.coupon.clone(), ..Attempt::with_key() }
}

#[tokio::test]
async fn coupon_lookup_faults_lose_no_order() {
    cut_at(LOOK_UP, with_key, 503).await;
}

#[tokio::test]
async fn save_with_key_faults_lose_no_order() {
    cut_at(SAVE, with_key, 503).await;
}

#[tokio::test]
async fn save_without_key_faults_lose_no_order() {
    cut_at(SAVE, without_key, 503).await;
}

#[tokio::test]
async fn kill_during_any_call_loses_no_order() {
    let shop = Deployment::under_test().await;
    for (operation, spent) in [(LOOK_UP, false), (SAVE, true)] {
        let attempt = with_key(&shop).await;
        let proxy = fault_proxy().await;
        let orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject(operation, Fault::WithholdAnswer, ONCE);
        kill_at(injected, orders, &attempt.event()).await;
        assert_eq!(attempt.saved(&shop).await.len(), usize::from(spent), "{operation}");
        attempt.assert_coupon_is_spent_with_its_order(&shop, operation).await;
        let id = attempt.repeat(&shop, operation).await;
        sweep(&shop).await;
        shop.fulfilled(&id).await;
        let place = format!("orders with a coupon, {operation}");
        let what_held = "asked again: one order, done once, its coupon spent on it";
        held(&place, "killed before the answer came", what_held);
    }
}

#[tokio::test]
async fn replay_is_never_rejected_on_key_read_faults() {
    let shop = Deployment::under_test().await;
    let attempt = with_key(&shop).await;
    let first = shop.start("orders", &[]).await.invoke(&attempt.event()).await;
    assert_eq!(first["statusCode"], 201, "{first}");
    for (fault, times) in faults() {
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject(READ_KEY, fault, times);
        let again = orders.invoke(&attempt.event()).await;
        assert!(injected.times() > 0, "{fault:?} did not happen");
        if times == ONCE {
            assert_eq!(
                (&again["statusCode"], &again["body"]),
                (&json!(201), &first["body"]),
                "{fault:?}"
            );
        } else {
            assert_eq!(again["statusCode"], 503, "{fault:?}: {again}");
        }
        let what_held = if times == ONCE { "the first answer again" } else { "503, never 422" };
        held(
            &format!("orders with a coupon, repeated, {READ_KEY}"),
            &name_of(fault, times),
            what_held,
        );
    }
    assert_eq!(attempt.saved(&shop).await, [order_id(&first)]);
}

#[tokio::test]
async fn coupon_conflict_is_retried_and_never_422() {
    let shop = Deployment::under_test().await;
    let attempts = [with_key(&shop).await, without_key(&shop).await];
    for (attempt, times, status) in
        attempts.iter().flat_map(|attempt| [(attempt, EVERY_TIME, 503), (attempt, ONCE, 201)])
    {
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject(SAVE, Fault::Conflict, times);
        let answer = orders.invoke(&attempt.event()).await;
        assert!(injected.times() > 0);
        assert_eq!(answer["statusCode"], status, "{times} times: {answer}");
        attempt.assert_coupon_is_spent_with_its_order(&shop, "a conflict").await;
        let what_held = format!("{status}, never 422");
        held(
            &format!("orders with a coupon, {SAVE}"),
            &name_of(Fault::Conflict, times),
            &what_held,
        );
    }
}

/// The index may show a spent coupon as unspent; the row itself decides.
#[tokio::test]
async fn slower_order_with_the_same_coupon_is_rejected() {
    const A_WHILE: Duration = Duration::from_millis(600);
    let shop = Deployment::under_test().await;
    let slow = with_key(&shop).await;
    let quick = rival(&slow);
    let proxy = fault_proxy().await;
    let (mut behind, mut clean) =
        (shop.start_behind("orders", &proxy).await, shop.start("orders", &[]).await);
    let mut delayed = proxy.inject(SAVE, Fault::Delay(A_WHILE), ONCE);
    let (slow_event, quick_event) = (slow.event(), quick.event());
    let (refused, won) = tokio::join!(behind.invoke(&slow_event), async {
        delayed.happened().await;
        clean.invoke(&quick_event).await
    });
    assert_eq!(won["statusCode"], 201, "{won}");
    assert_refused(&refused);
    assert!(slow.saved(&shop).await.is_empty(), "nothing is saved of what is refused");
    quick.assert_coupon_is_spent_with_its_order(&shop, "the quicker one").await;
    held(
        &format!("orders with a coupon, {SAVE}"),
        "another order spent the coupon first",
        "422, nothing saved",
    );
}

/// After a lost response, a customer's own order must not look like somebody else's.
#[tokio::test]
async fn first_order_keeps_the_coupon_after_a_lost_response() {
    let shop = Deployment::under_test().await;
    for key in [None, Some(Uuid::new_v4().to_string())] {
        let first = Attempt { key, ..with_key(&shop).await };
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let injected = proxy.inject(SAVE, Fault::LoseAnswer, ONCE);
        let answer = orders.invoke(&first.event()).await;
        assert_eq!(injected.times(), 1);
        assert_eq!(answer["statusCode"], 201, "{answer}");
        first.assert_coupon_is_spent_with_its_order(&shop, "its answer was lost").await;
        let second = rival(&first);
        assert_refused(&shop.start("orders", &[]).await.invoke(&second.event()).await);
        assert!(second.saved(&shop).await.is_empty());
        let what_held = "the first is accepted, the second refused";
        held(&format!("two orders with one coupon, {SAVE}"), "answer lost", what_held);
    }
}

fn assert_refused(answer: &Value) {
    assert_eq!(answer["statusCode"], 422, "{answer}");
    let problem = json_body(answer);
    assert_eq!(problem["errors"][0]["pointer"], "/coupon", "{problem}");
}
