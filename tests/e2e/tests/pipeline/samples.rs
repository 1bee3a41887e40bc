//! All sample invocations of `events/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use e2e::{Deployment, Subscriber, eventually, failures, fixture, json_body};
use futures::future::join_all;
use serde_json::{Value, json};

const ORDERS: [&str; 5] = [
    "orders/get-form.json",
    "orders/get-order.json",
    "orders/place-by-form.json",
    "orders/place-by-json.json",
    "orders/place-with-unknown-coupon.json",
];
const RELAY: &str = "outbox-relay/every-minute.json";
/// The samples for every subscriber, and the message ids that it returns as failed.
const SUBSCRIBER: [(&str, &[&str]); 5] = [
    ("subscriber/one-order.json", &[]),
    ("subscriber/full-batch.json", &[]),
    ("subscriber/poison-among-nine.json", &["5a7b0c1d-0000-4000-8000-000000000005"]),
    ("subscriber/duplicate.json", &[]),
    ("subscriber/fifo-poison-in-a-group.json", &["5a7b0c1d-0000-4000-8000-000000000041"]),
];

const SWEPT_WITHIN: Duration = Duration::from_secs(120);

#[test]
fn every_sample_is_invoked() {
    let folders = fs::read_dir(devstack::root().join("events"))
        .expect("events/")
        .map(|folder| folder.expect("a folder"));
    let files =
        folders.flat_map(|folder| fs::read_dir(folder.path()).expect("a folder of samples"));
    let files = files.map(|file| file.expect("a sample").path());
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let there: BTreeSet<_> = files
        .map(|file| format!("{}/{}", name(file.parent().expect("a folder")), name(&file)))
        .collect();
    let subscriber = SUBSCRIBER.into_iter().map(|(sample, _)| sample);
    let invoked = ORDERS.into_iter().chain([RELAY]).chain(subscriber).map(str::to_owned);
    assert_eq!(invoked.collect::<BTreeSet<_>>(), there);
}

#[tokio::test]
async fn orders_samples_place_and_show_orders() {
    let shop = Deployment::under_test().await;
    let [get_form, get_order, place_by_form, place_by_json, place_with_unknown_coupon] = ORDERS;

    let form = shop.answer_to("orders", get_form).await;
    assert_eq!(form["statusCode"], 200);
    assert!(
        form["body"].as_str().expect("a page").contains("<form method=\"post\" action=\"/orders\"")
    );

    let placed = shop.answer_to("orders", place_by_form).await;
    assert_eq!(placed["statusCode"], 303);
    let location = placed["headers"]["location"].as_str().expect("an address");
    assert_eq!(
        shop.order(location.trim_start_matches("/orders/")).await["customer"],
        "Grace Hopper"
    );

    let placed = shop.answer_to("orders", place_by_json).await;
    assert_eq!(placed["statusCode"], 201);
    let order = json_body(&placed);
    assert_eq!((&order["customer"], &order["amount"]), (&json!("Ada Lovelace"), &json!("81.50")));

    let refused = shop.answer_to("orders", place_with_unknown_coupon).await;
    assert_eq!(refused["statusCode"], 422);
    assert!(refused["body"].as_str().expect("a problem").contains("/coupon"), "{refused}");

    assert_eq!(shop.answer_to("orders", get_order).await["statusCode"], 404);
    let mut get = fixture(get_order);
    get["rawPath"] = json!(location);
    let shown = shop.start("orders", &[]).await.invoke(&get).await;
    assert_eq!(shown["statusCode"], 200);
    assert_eq!(json_body(&shown)["amount"], "12.34");
}

#[tokio::test]
async fn relay_sample_publishes_pending_orders() {
    let shop = Deployment::under_test().await;
    // The stack's own relay, which runs every minute, may publish it first.
    let (id, swept) =
        eventually("the relay finds an order that is not published", SWEPT_WITHIN, async || {
            let ids = shop.place_unpublished(1).await;
            let swept = shop.answer_to("outbox-relay", RELAY).await;
            let is_complete = swept["failed"] == 0 && swept["cut_short"] == false;
            (swept["found"] != 0 && is_complete).then_some((ids[0].clone(), swept))
        })
        .await;
    assert_eq!(swept["published"], swept["found"], "{swept}");
    shop.fulfilled(&id).await;
}

#[tokio::test]
async fn subscriber_samples_match_their_names() {
    let shop = Deployment::under_test().await;
    let samples_of = async |subscriber: Subscriber| {
        let function = &*subscriber.function;
        for (sample, failed) in SUBSCRIBER {
            let answer = shop.answer_to(function, sample).await;
            assert_eq!(failures(&answer), failed, "{function}: {sample}");
            for record in fixture(sample)["Records"].as_array().expect("records") {
                let body = record["body"].as_str().expect("a body");
                let Ok(Value::Object(order)) = serde_json::from_str(body) else { continue };
                let id = order["order_id"].as_str().expect("an id");
                let row = shop.row(&subscriber.table(), "order_id", id).await;
                assert!(row.is_some(), "{function}: {sample}: {id} had no effect");
            }
        }
    };
    // In parallel: a container takes seconds to start.
    join_all(shop.subscribers().into_iter().map(samples_of)).await;
}
