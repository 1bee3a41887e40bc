//! The sample invocations of `events/` and the panicking example, on release binaries run as Lambda runs them.

use e2e::{Deployment, Function, OrderEvent, batch, failures, fixture};
use harness::Outcome;
use serde_json::{Value, json};

#[tokio::test]
async fn the_orders_samples_place_and_show_orders() {
    let shop = Deployment::under_test().await;
    let mut orders = shop.start("orders", &[]).await;

    let form = orders.invoke(&fixture("orders/get-form.json")).await;
    assert_eq!(form["statusCode"], 200);
    assert!(form["body"].as_str().expect("a page").contains("<form method=\"post\" action=\"/orders\""));

    let placed = orders.invoke(&fixture("orders/place-by-form.json")).await;
    assert_eq!(placed["statusCode"], 303);
    let location = placed["headers"]["location"].as_str().expect("an address");
    assert_eq!(shop.order(location.trim_start_matches("/orders/")).await["customer"], "Grace Hopper");

    let placed = orders.invoke(&fixture("orders/place-by-json.json")).await;
    assert_eq!(placed["statusCode"], 201);
    let order: Value = serde_json::from_str(placed["body"].as_str().expect("a body")).expect("an order");
    assert_eq!((&order["customer"], &order["amount"]), (&json!("Ada Lovelace"), &json!("81.50")));

    let refused = orders.invoke(&fixture("orders/place-with-unknown-coupon.json")).await;
    assert_eq!(refused["statusCode"], 422);
    assert!(refused["body"].as_str().expect("a problem").contains("/coupon"), "{refused}");

    let mut get = fixture("orders/get-order.json");
    assert_eq!(orders.invoke(&get).await["statusCode"], 404);
    get["rawPath"] = json!(location);
    let shown = orders.invoke(&get).await;
    assert_eq!(shown["statusCode"], 200);
    let shown: Value = serde_json::from_str(shown["body"].as_str().expect("a body")).expect("an order");
    assert_eq!(shown["amount"], "12.34");
}

#[tokio::test]
async fn the_consumers_samples_answer_as_they_are_named() {
    let shop = Deployment::under_test().await;
    for (function, table) in [("fulfilment", "ShipmentsTable"), ("promotion", "CouponsTable")] {
        let mut consumer = shop.start(function, &[]).await;
        for (sample, failed) in [
            ("one-order", vec![]),
            ("full-batch", vec![]),
            ("poison-among-nine", vec!["5a7b0c1d-0000-4000-8000-000000000005"]),
            ("duplicate", vec![]),
        ] {
            let event = fixture(&format!("{function}/{sample}.json"));
            let response = consumer.invoke(&event).await;
            assert_eq!(failures(&response), failed, "{function}/{sample}");
            for record in event["Records"].as_array().expect("records") {
                let body = record["body"].as_str().expect("a body");
                let Ok(Value::Object(order)) = serde_json::from_str(body) else { continue };
                let id = order["order_id"].as_str().expect("an id");
                assert!(shop.row(table, "order_id", id).await.is_some(), "{function}/{sample}: {id} had no effect");
            }
        }
    }
}

#[tokio::test]
async fn the_same_order_twice_in_one_batch_has_one_effect() {
    let shop = Deployment::under_test().await;
    let event = OrderEvent::of("80.00");
    for (function, table) in [("fulfilment", "ShipmentsTable"), ("promotion", "CouponsTable")] {
        let mut consumer = shop.start(function, &[]).await;
        let twice = batch(&[event.clone(), event.clone()]);
        assert!(failures(&consumer.invoke(&twice).await).is_empty());
        let first = shop.row(table, "order_id", &event.order_id).await.expect("an effect");
        assert!(failures(&consumer.invoke(&twice).await).is_empty());
        assert_eq!(shop.row(table, "order_id", &event.order_id).await, Some(first), "{function} did it again");
    }
}

#[tokio::test]
async fn a_batch_larger_than_one_insert_is_done_whole() {
    let shop = Deployment::under_test().await;
    let events: Vec<_> = (0..60).map(|_| OrderEvent::of("80.00")).collect();
    let mut fulfilment = shop.start("fulfilment", &[]).await;
    assert!(failures(&fulfilment.invoke(&batch(&events)).await).is_empty());
    for event in events {
        assert!(shop.row("ShipmentsTable", "order_id", &event.order_id).await.is_some());
    }
}

#[tokio::test]
async fn a_missing_message_id_fails_the_invocation_loudly() {
    let shop = Deployment::under_test().await;
    let mut fulfilment = shop.start("fulfilment", &[]).await;
    let event = json!({ "Records": [{ "body": OrderEvent::of("80.00").body() }] });
    match fulfilment.outcome(&event).await {
        Outcome::Error(error) => assert!(String::from_utf8_lossy(&error).contains("has no message id")),
        Outcome::Response(response) => panic!("it was taken for success: {}", String::from_utf8_lossy(&response)),
    }
}

#[tokio::test]
async fn a_panic_in_a_release_build_costs_one_record_or_its_chunk_and_not_the_process() {
    let mut consumer = Function::start("panics", []).await;
    let mut events: Vec<_> = (0..10).map(|_| OrderEvent::of("80.00")).collect();

    events[3].total = "13.00".to_owned();
    assert_eq!(failures(&consumer.invoke(&batch(&events)).await), ["m3"]);

    events[3].total = "14.00".to_owned();
    assert_eq!(failures(&consumer.invoke(&batch(&events)).await).len(), 10);

    events.truncate(3);
    assert!(failures(&consumer.invoke(&batch(&events)).await).is_empty(), "it lives on");
}
