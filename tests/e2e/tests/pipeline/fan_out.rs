//! An order reaches fulfilment, and from $80 on promotion.

use std::collections::BTreeSet;

use e2e::Deployment;
use futures::future::join_all;
use serde_json::{Value, json};

/// Other tests loop over the outputs' subscribers; a missing output would hide one from all of
/// them.
#[tokio::test]
async fn stack_outputs_name_every_subscriber() {
    let shop = Deployment::under_test().await;
    let mut subscribers: Vec<_> =
        shop.subscribers().into_iter().map(|subscriber| subscriber.function).collect();
    subscribers.sort_unstable();
    let functions = devstack::functions().iter().copied();
    let expected: Vec<_> =
        functions.filter(|function| !["orders", "outbox-relay"].contains(function)).collect();
    assert_eq!(subscribers, expected);
}

#[tokio::test]
async fn order_placed_as_json_is_fulfilled() {
    let shop = Deployment::under_test().await;
    let placed = shop.place("Ada Lovelace", "81.50").await;

    let answer = placed.answer.json();
    assert_eq!(placed.answer.header("content-type"), "application/json");
    assert_eq!(
        answer,
        json!({
            "id": placed.id, "customer": "Ada Lovelace", "currency": "USD", "placed_at": answer["placed_at"],
            "amount": "81.50", "discount": null, "total": "81.50",
            "status": "placed", "shipment": null, "coupon": null
        })
    );

    shop.fulfilled(&placed.id).await;
    let order = shop.with_coupon(&placed.id).await;
    let shipment = shop
        .row("FulfilmentTable", "order_id", &placed.id)
        .await
        .expect("a shipment is in its table");
    let coupon =
        shop.row("PromotionTable", "order_id", &placed.id).await.expect("a coupon is in its table");
    let mut expected = answer;
    expected["status"] = "fulfilled".into();
    expected["shipment"] = json!({ "tracking_number": shipment["tracking_number"], "shipped_at": shipment["shipped_at"] });
    expected["coupon"] = json!({ "code": coupon["code"], "percent": 20, "expires_at": coupon["expires_at"], "spent": false });
    assert_eq!(order, expected);
}

#[tokio::test]
async fn order_placed_by_form_is_fulfilled() {
    let shop = Deployment::under_test().await;
    let placed = shop.place_by_form("Grace Hopper", "12.34").await;
    let order = shop.fulfilled(&placed.id).await;
    assert_eq!((&order["customer"], &order["amount"]), (&json!("Grace Hopper"), &json!("12.34")));
    assert_eq!(placed.answer.header("location"), format!("/orders/{}", placed.id));
}

#[tokio::test]
async fn json_number_is_read_exactly() {
    let shop = Deployment::under_test().await;
    let answer =
        shop.post_order("application/json", r#"{"customer": "Ada", "amount": 79.99}"#).await;
    assert_eq!(answer.json()["amount"], "79.99", "{}", answer.body);
}

#[tokio::test]
async fn coupons_are_earned_from_80_dollars() {
    let shop = Deployment::under_test().await;
    let below = shop.place("Ada", "79.99").await;
    let from =
        join_all(["80", "80.00", "80.01", "999999999.99"].map(|amount| shop.place("Ada", amount)))
            .await;

    let mut codes = BTreeSet::new();
    for placed in &from {
        let order = shop.with_coupon(&placed.id).await;
        let code = order["coupon"]["code"].as_str().expect("a code");
        assert_eq!(code.len(), 12, "{code}");
        assert!(code.chars().all(|c| "ABCDEFGHJKLMNPQRSTUVWXYZ23456789".contains(c)), "{code}");
        assert!(codes.insert(code.to_owned()), "{code} was given twice");
    }
    shop.fulfilled(&below.id).await;
    shop.drained("PromotionQueueUrl").await;
    assert_eq!(shop.order(&below.id).await["coupon"], Value::Null);
}
