//! Orders through the API.

use std::collections::BTreeSet;
use std::time::Duration;

use devstack::Fault;
use e2e::{Accepted, FaultStack, order_id, post_event};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::{Row, row};

const CUSTOMERS: usize = 10;
const ORDERS_EACH: usize = 20;
const AMOUNT: &str = "81.50";

/// Each customer waits for an answer before the next order; the customers order side by side.
pub(crate) async fn orders_of_a_customer_take_effect_in_order(stack: &FaultStack) -> Vec<Row> {
    let shop = &stack.shop;
    let orders = join_all((0..CUSTOMERS).map(async |_| {
        let customer = format!("Ada {}", Uuid::new_v4());
        let mut orders = vec![];
        for _ in 0..ORDERS_EACH {
            let id = shop.place(&customer, AMOUNT).await.id;
            orders.push(Accepted { customer: customer.clone(), id });
        }
        orders
    }));
    let orders = orders.await.concat();
    shop.at_rest().await;
    let ordering = shop.ordering(&stack.proxy.recorded(), &orders, &BTreeSet::new());
    assert_eq!(ordering.out_of_order, [""; 0]);
    assert_eq!(ordering.by_relay, BTreeSet::new());
    assert_eq!(ordering.effects, orders.len() * shop.subscribers().len());
    vec![
        row("Orders of ten customers, interleaved", orders.len()),
        row("Their effects, of all subscribers", ordering.effects),
        row("Their effects out of order", ordering.out_of_order.len()),
    ]
}

/// More than another order takes, and less than a publish may take.
const SLOW: Duration = Duration::from_millis(250);

/// Whoever has seen 201 for an order may place the next one: it must not be published first.
pub(crate) async fn next_order_is_published_after_a_slow_one(stack: &FaultStack) -> Vec<Row> {
    const TIMES: usize = 5;
    for _ in 0..TIMES {
        let customer = format!("Ada {}", Uuid::new_v4());
        let mut injected = stack.proxy.inject("Publish", Fault::Delay(SLOW), 1);
        let slow = stack.shop.place(&customer, AMOUNT).await.id;
        injected.happened().await;
        assert!(publishes(stack, &slow) > 0, "201 came before the order was published");
        let next = stack.shop.place(&customer, AMOUNT).await.id;
        let calls = stack.proxy.recorded();
        let position = |id: &str| {
            calls.iter().position(|call| call.operation == "Publish" && call.request.contains(id))
        };
        assert!(position(&slow) < position(&next), "the next order was published first");
    }
    vec![row("Orders after one whose publish was slow, published after it", TIMES)]
}

/// The first request could not publish the order; the second one with its key does, before it says
/// that the order is accepted.
pub(crate) async fn repeated_request_publishes_before_its_answer(stack: &FaultStack) -> Vec<Row> {
    let shop = &stack.shop;
    let order = json!({ "customer": format!("Ada {}", Uuid::new_v4()), "amount": AMOUNT });
    let mut event = post_event("application/json", &order.to_string());
    event["headers"]["idempotency-key"] = json!(Uuid::new_v4().to_string());
    let mut orders = shop.start_behind("orders", &stack.proxy).await;
    stack.proxy.inject("Publish", Fault::Refuse, 2);
    let first = orders.invoke(&event).await;
    assert_eq!(first["statusCode"], 201, "{first}");
    let id = order_id(&first);
    assert_eq!(publishes(stack, &id), 0, "the first request published it");
    let again = orders.answer(&event).await;
    assert_eq!((&again["statusCode"], &again["body"]), (&json!(201), &first["body"]));
    let by_second = publishes(stack, &id);
    assert_eq!(by_second, 1, "the second request did not publish it");
    orders.idle().await;
    shop.fulfilled(&id).await;
    vec![row("Repeated requests that published what the first could not", by_second)]
}

fn publishes(stack: &FaultStack, id: &str) -> usize {
    let calls = stack.proxy.recorded().into_iter();
    calls.filter(|call| call.operation == "Publish" && call.request.contains(id)).count()
}
