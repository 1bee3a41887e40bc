//! `ops orders`.

use devstack::Fault;
use e2e::{Deployment, Ran, fault_proxy, ops, ops_behind};
use serde_json::json;
use uuid::Uuid;

use super::{EVERY_TIME, SOON};

#[tokio::test]
async fn unpublished_order_is_listed() {
    let shop = Deployment::under_test().await;
    // The stack's own relay may publish it first, but not every time.
    let listed = async || {
        let id = shop.place_unpublished(1).await.remove(0);
        let unpublished = ops(&["orders", "unpublished", "--json"]).await;
        let listed = unpublished.objects_with("order_id", &id).pop()?;
        unpublished.assert_code(3);
        Some(listed)
    };
    let listed = e2e::eventually("an order is seen in the outbox", SOON, listed).await;
    assert!(listed["age_seconds"].as_i64().is_some_and(|age| (0..30).contains(&age)), "{listed}");
    assert!(!listed["placed_at"].is_null(), "{listed}");
}

#[tokio::test]
async fn replayed_order_is_published_and_no_longer_pending() {
    let shop = Deployment::under_test().await;
    let id = shop.place_unpublished(1).await.remove(0);
    let replay = ops(&["orders", "replay", &id, &id, "--json"]).await;
    replay.assert_code(0);
    assert_eq!(replay.objects(), [json!({ "order_id": id, "dry_run": false, "published": true })]);
    let row = shop.row("OrdersTable", "id", &id).await.expect("an accepted order is in the table");
    assert!(!row.contains_key("outbox"), "it is still pending");
    shop.fulfilled(&id).await;
    shop.with_coupon(&id).await;
}

#[tokio::test]
async fn unknown_order_is_reported_and_others_are_published() {
    let shop = Deployment::under_test().await;
    let (known, unknown) =
        (shop.put_order("81.5", "2001-01-01T00:00:00Z").await, Uuid::new_v4().to_string());
    let replay = ops(&["orders", "replay", &unknown, &known, "--json"]).await;
    replay.assert_code(1);
    let [object] = &replay.objects_with("order_id", &unknown)[..] else { panic!("{replay:?}") };
    assert_eq!(
        *object,
        json!({ "order_id": unknown, "dry_run": false, "published": false, "problem": "there is no such order" })
    );
    shop.fulfilled(&known).await;
}

#[tokio::test]
async fn replay_publishes_only_orders_in_the_time_range() {
    let shop = Deployment::under_test().await;
    let before = shop.put_order("81.5", "2002-01-01T11:59:59Z").await;
    let during = shop.put_order("81.5", "2002-01-01T12:00:00Z").await;
    let after = shop.put_order("81.5", "2002-01-01T12:00:02Z").await;
    let time = [
        "orders",
        "replay",
        "--since",
        "2002-01-01T12:00:00Z",
        "--until",
        "2002-01-01T12:00:01Z",
        "--json",
    ];

    let probe = shop.probe_topic().await;
    let dry = ops(&[&time[..], &["--dry-run"]].concat()).await;
    // Another test's unreadable order may fall into this time range, and is reported too.
    let published = |ran: &Ran| {
        let reported = ran.objects().into_iter().filter(|object| object["problem"].is_null());
        reported
            .map(|object| (object["order_id"].clone(), object["published"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(published(&dry), [(json!(during), json!(false))]);
    // Messages published before the marker are received before it.
    let marker = Uuid::new_v4().to_string();
    shop.publish(&marker, "1.00").await;
    let received = probe.read_until(&marker).await;
    assert!(received.iter().all(|body| !body.contains(&during)), "a dry run published an order");

    assert_eq!(published(&ops(&time).await), [(json!(during), json!(true))]);
    let received = probe.read_until(&during).await;
    assert!(
        received.iter().all(|body| !body.contains(&before) && !body.contains(&after)),
        "{received:?}"
    );
    probe.unsubscribe().await;
    shop.with_coupon(&during).await;
    for order in [before, during, after] {
        shop.delete_row("OrdersTable", "id", &order).await;
    }
}

#[tokio::test]
async fn unacknowledged_orders_are_reported() {
    let shop = Deployment::under_test().await;
    let id = shop.put_order("81.5", "2003-01-01T00:00:00Z").await;
    let proxy = fault_proxy().await;
    proxy.inject("PublishBatch", Fault::Fail, EVERY_TIME);
    let replay = ops_behind(&proxy, &["orders", "replay", &id, "--json"]).await;
    replay.assert_code(1);
    let [object] = &replay.objects_with("order_id", &id)[..] else { panic!("{replay:?}") };
    assert_eq!(object["published"], false);
    assert!(object["problem"].as_str().is_some_and(|problem| problem.contains("SNS")), "{object}");
    shop.delete_row("OrdersTable", "id", &id).await;
}

#[tokio::test]
async fn replay_requires_order_ids_or_a_valid_time() {
    for wrong in [
        &["orders", "replay"][..],
        &["orders", "replay", "7"],
        &["orders", "replay", "--since", "yesterday"],
    ] {
        ops(wrong).await.assert_code(2);
    }
}
