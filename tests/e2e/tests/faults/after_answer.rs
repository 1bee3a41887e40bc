//! The orders function's work after its answer: publish the order, and clear its pending flag.

use std::time::Duration;

use devstack::{Call, Fault};
use e2e::{Deployment, Function, Refusal, fault_proxy, held, order_id};
use serde_json::{Value, json};

use super::orders::Attempt;
use super::{EVERY_TIME, ONCE, assert_carried_out, faults, name_of, sweep};

/// Slower than all other calls together, and faster than a publish's time limit.
const SLOW_PUBLISH: Duration = Duration::from_millis(200);

fn is_publish(call: &Call) -> bool {
    call.operation == "Publish" && call.status == Some(200)
}

async fn is_pending(shop: &Deployment, id: &str) -> bool {
    shop.row("OrdersTable", "id", id).await.expect("the order is saved").contains_key("outbox")
}

/// The requests that the function logged, as order and outcome.
async fn logged(orders: Function) -> Vec<(String, String)> {
    let lines = orders.end().await;
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let requests = lines.filter(|line| line["message"] == "request");
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    requests.map(|line| (text(&line, "order_id"), text(&line, "outcome"))).collect()
}

#[tokio::test]
async fn answer_comes_before_the_order_is_published() {
    let shop = Deployment::under_test().await;
    let proxy = fault_proxy().await;
    let mut orders = shop.start_behind("orders", &proxy).await;
    let injected = proxy.inject("Publish", Fault::Delay(SLOW_PUBLISH), ONCE);
    let answer = orders.answer(&Attempt::with_key().event()).await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    assert_eq!(injected.times(), 0, "its publish began before the answer");
    assert!(!orders.is_idle(), "it asks for the next event before its work is done");
    let id = order_id(&answer);
    orders.idle().await;
    assert!(!is_pending(&shop, &id).await);
    assert_eq!(logged(orders).await, [(id, "placed".to_owned())]);
}

/// Whoever has seen 201 may place the next order, which must not be published first.
#[tokio::test]
async fn fifo_order_is_published_before_the_answer() {
    let shop = Deployment::under_test().await;
    let topic = shop.make_fifo_topic().await;
    let proxy = fault_proxy().await;
    proxy.record();
    let variables = [("AWS_ENDPOINT_URL", proxy.url()), ("ORDERS_TOPIC_ARN", &*topic)];
    let mut orders = shop.start("orders", &variables).await;
    let injected = proxy.inject("Publish", Fault::Delay(SLOW_PUBLISH), ONCE);
    let answer = orders.answer(&Attempt::with_key().event()).await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    assert_eq!(injected.times(), 1);
    let is_published = proxy.recorded().iter().any(is_publish);
    assert!(is_published, "it was answered before the publish");
    orders.idle().await;
    assert!(!is_pending(&shop, &order_id(&answer)).await);
    assert_eq!(logged(orders).await, [(order_id(&answer), "placed".to_owned())]);
}

/// The first request of a FIFO stack could not publish its order. The second one reads it, to publish
/// it before it answers.
#[tokio::test]
async fn fifo_order_is_read_again_for_a_repeated_request() {
    let shop = Deployment::under_test().await;
    let topic = shop.make_fifo_topic().await;
    for (fault, times) in faults() {
        let what = format!("{fault:?}, {times} times");
        let proxy = fault_proxy().await;
        let variables = [("AWS_ENDPOINT_URL", proxy.url()), ("ORDERS_TOPIC_ARN", &*topic)];
        let mut orders = shop.start("orders", &variables).await;
        proxy.inject("Publish", Fault::Refuse, EVERY_TIME);
        let event = Attempt::with_key().event();
        let first = orders.invoke(&event).await;
        assert_eq!(first["statusCode"], 201, "{first}");
        proxy.calm();

        let injected = proxy.inject("BatchGetItem", fault, times);
        let again = orders.invoke(&event).await;
        assert!(injected.times() > 0, "{what} did not happen");
        // One attempt: the look-up of the key may have taken most of the request's time.
        assert_eq!(again["statusCode"], 503, "{what}: {again}");
        proxy.calm();
        assert_eq!(orders.invoke(&event).await["body"], first["body"], "{what}");
        let what_held = "503, to be tried again; then the first answer";
        held("orders, FIFO, repeated, BatchGetItem", &name_of(fault, times), what_held);
    }
}

#[tokio::test]
async fn outcome_is_logged_as_the_work_ended() {
    let shop = Deployment::under_test().await;
    let mut left = vec![];
    for (operation, outcome) in
        [("Publish", "saved_publish_pending"), ("UpdateItem", "placed_flag_pending")]
    {
        for (fault, times) in faults().filter(|(_, times)| *times == EVERY_TIME) {
            let what = format!("{fault:?} at {operation}");
            let proxy = fault_proxy().await;
            let mut orders = shop.start_behind("orders", &proxy).await;
            let injected = proxy.inject(operation, fault, times);
            let answer = orders.answer(&Attempt::without_key().event()).await;
            assert_eq!(answer["statusCode"], 201, "{what}: {answer}");
            orders.idle().await;
            let id = order_id(&answer);
            assert!(injected.times() > 0, "{what} did not happen");
            assert_eq!(logged(orders).await, [(id.clone(), outcome.to_owned())], "{what}");
            left.push((id, what));
        }
    }
    sweep(&shop).await;
    for (id, what) in left {
        assert_carried_out(&shop, &id, &what).await;
    }
}

#[tokio::test]
async fn kill_after_the_answer_loses_no_order() {
    let shop = Deployment::under_test().await;
    for operation in ["Publish", "UpdateItem"] {
        let proxy = fault_proxy().await;
        let mut orders = shop.start_behind("orders", &proxy).await;
        let mut injected = proxy.inject(operation, Fault::WithholdAnswer, ONCE);
        let answer = orders.answer(&Attempt::with_key().event()).await;
        assert_eq!(answer["statusCode"], 201, "{answer}");
        injected.happened().await;
        drop(orders);
        let id = order_id(&answer);
        sweep(&shop).await;
        assert_carried_out(&shop, &id, operation).await;
        let fault = name_of(Fault::WithholdAnswer, ONCE);
        held(&format!("orders, {operation}"), &format!("{fault}, killed"), "accepted, done once");
    }
}

#[tokio::test]
async fn work_is_done_when_the_response_cannot_be_posted() {
    let shop = Deployment::under_test().await;
    for refusal in [Refusal::Status, Refusal::Disconnect] {
        let attempt = Attempt::with_key();
        let mut orders = shop.start("orders", &[]).await;
        orders.invoke_refused(&attempt.event(), refusal).await;
        let [id] = &attempt.saved(&shop).await[..] else { panic!("one order") };
        assert!(!is_pending(&shop, id).await, "{refusal:?}: the order was not published");
        let log = orders.end().await.join("\n");
        assert!(log.contains("Lambda Runtime API"), "{refusal:?} is not logged: {log}");
    }
}

#[tokio::test]
async fn slow_work_ends_before_the_next_request() {
    let shop = Deployment::under_test().await;
    let proxy = fault_proxy().await;
    let mut orders = shop.start_behind("orders", &proxy).await;
    proxy.inject("Publish", Fault::Delay(SLOW_PUBLISH), ONCE);
    let first = order_id(&orders.answer(&Attempt::with_key().event()).await);
    let second = order_id(&orders.answer(&Attempt::with_key().event()).await);
    assert!(!is_pending(&shop, &first).await, "the second was answered first");
    orders.idle().await;
    assert!(!is_pending(&shop, &second).await);
    let placed = |id| (id, "placed".to_owned());
    assert_eq!(logged(orders).await, [placed(first), placed(second)]);
}

#[tokio::test]
async fn repeated_key_is_answered_while_the_order_is_published() {
    let shop = Deployment::under_test().await;
    let proxy = fault_proxy().await;
    let mut orders = shop.start_behind("orders", &proxy).await;
    let mut other = shop.start("orders", &[]).await;
    let mut injected = proxy.inject("Publish", Fault::WithholdAnswer, EVERY_TIME);
    let attempt = Attempt::with_key();
    let first = orders.answer(&attempt.event()).await;
    injected.happened().await;
    let again = other.answer(&attempt.event()).await;
    assert!(!orders.is_idle(), "the order was not being published any more");
    assert_eq!((&again["statusCode"], &again["body"]), (&json!(201), &first["body"]));
    orders.idle().await;
    sweep(&shop).await;
    assert_carried_out(&shop, &order_id(&first), "repeated").await;
    assert_eq!(attempt.saved(&shop).await.len(), 1);
}
