//! An accepted order is announced, whatever happened to the first attempt.

use std::time::Duration;

use e2e::{Deployment, bootstrap};
use futures::future::join_all;
use harness::{Outcome, Sandbox};
use serde_json::{Value, json};
use uuid::Uuid;

const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);

/// A function with some of its variables replaced.
async fn started(shop: &Deployment, function: &str, replaced: &[(&str, &str)]) -> Sandbox {
    let replaced = replaced.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let variables = shop.function_variables().into_iter().chain(replaced);
    Sandbox::start(&bootstrap(function), variables, FUNCTION_TIMEOUT).await.expect("the function starts")
}

async fn invoke(sandbox: &mut Sandbox, event: &Value) -> Value {
    match sandbox.invoke(event.to_string()).await.expect("the function answers") {
        Outcome::Response(body) => serde_json::from_slice(&body).expect("the answer is JSON"),
        Outcome::Error(error) => panic!("the function failed: {}", String::from_utf8_lossy(&error)),
    }
}

/// Places orders through a function that cannot reach the topic, and gives their ids.
async fn place_unannounced(shop: &Deployment, orders: usize) -> Vec<String> {
    let nowhere = format!("{}-that-is-not-there", shop.output("OrdersTopicArn"));
    let mut function = started(shop, "orders", &[("ORDERS_TOPIC_ARN", &nowhere)]).await;
    let mut ids = vec![];
    for _ in 0..orders {
        let mut event = e2e::fixture("orders/place-by-json.json");
        event["body"] = json!(json!({ "customer": format!("Ada {}", Uuid::new_v4()), "amount": "81.50" }).to_string());
        let answer = invoke(&mut function, &event).await;
        assert_eq!(answer["statusCode"], 201, "accepted is saved: {answer}");
        let order: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("an order");
        ids.push(order["id"].as_str().expect("an id").to_owned());
    }
    ids
}

async fn marked(shop: &Deployment, ids: &[String]) -> usize {
    let rows = join_all(ids.iter().map(|id| shop.row("OrdersTable", "id", id))).await;
    rows.iter().filter(|row| row.as_ref().expect("an accepted order is in the table").contains_key("outbox")).count()
}

#[tokio::test]
async fn an_order_that_could_not_be_announced_is_announced_by_the_relay() {
    let shop = Deployment::under_test().await;
    let ids = place_unannounced(&shop, 1).await;
    let mut relay = started(&shop, "relay", &[]).await;
    let swept = invoke(&mut relay, &json!({})).await;
    assert!(swept["found"].as_u64() >= Some(1), "{swept}");
    shop.fulfilled(&ids[0]).await;
    shop.with_coupon(&ids[0]).await;
    assert_eq!(marked(&shop, &ids).await, 0);
}

#[tokio::test]
async fn an_announced_order_is_not_marked() {
    let shop = Deployment::under_test().await;
    let placed = shop.place("Ada", "81.50").await;
    assert_eq!(marked(&shop, &[placed.id]).await, 0);
}

#[tokio::test]
async fn what_sns_did_not_acknowledge_stays_marked() {
    let shop = Deployment::under_test().await;
    let nowhere = format!("{}-that-is-not-there", shop.output("OrdersTopicArn"));
    let mut relay = started(&shop, "relay", &[("ORDERS_TOPIC_ARN", &nowhere)]).await;
    let ids = place_unannounced(&shop, 1).await;
    let swept = invoke(&mut relay, &json!({})).await;
    assert_eq!((&swept["announced"], &swept["cleared"]), (&json!(0), &json!(0)), "{swept}");
    assert!(swept["failed"].as_u64() >= Some(1), "{swept}");
    assert!(relay.log().iter().all(|line| !line.contains(&ids[0])), "it says it announced what it did not");
    // The stack's own relay may come by at any time; what matters is that the order is announced in the end.
    let mut relay = started(&shop, "relay", &[]).await;
    invoke(&mut relay, &json!({})).await;
    shop.fulfilled(&ids[0]).await;
}

#[tokio::test]
async fn two_relays_at_once_make_no_second_effect_and_no_ghost_row() {
    let shop = Deployment::under_test().await;
    let ids = place_unannounced(&shop, 40).await;
    let (mut one, mut other) = (started(&shop, "relay", &[]).await, started(&shop, "relay", &[]).await);
    let event = json!({});
    tokio::join!(invoke(&mut one, &event), invoke(&mut other, &event));
    assert_eq!(marked(&shop, &ids).await, 0);
    for id in &ids {
        shop.fulfilled(id).await;
    }
    let rows = shop.rows("OrdersTable").await;
    assert!(
        rows.iter().all(|row| row.contains_key("customer") && row.contains_key("amount")),
        "a row without an order"
    );
}
