//! Batches beyond the samples, and the example that panics, on release binaries run as Lambda runs
//! them.

use e2e::{Deployment, Function, OrderEvent, batch, failures};
use lambda_sandbox::Outcome;
use serde_json::json;

#[tokio::test]
async fn duplicate_order_in_a_batch_has_one_effect() {
    let shop = Deployment::under_test().await;
    let event = OrderEvent::of("80.00");
    for subscriber in shop.subscribers() {
        let (function, table) = (&*subscriber.function, subscriber.table());
        let mut subscriber = shop.start(function, &[]).await;
        let twice = batch(&[event.clone(), event.clone()]);
        assert!(failures(&subscriber.invoke(&twice).await).is_empty());
        let first = shop.row(&table, "order_id", &event.order_id).await.expect("an effect");
        assert!(failures(&subscriber.invoke(&twice).await).is_empty());
        assert_eq!(
            shop.row(&table, "order_id", &event.order_id).await,
            Some(first),
            "{function} did it again"
        );
    }
}

#[tokio::test]
async fn batch_larger_than_one_insert_is_fully_processed() {
    let shop = Deployment::under_test().await;
    let events: Vec<_> = (0..60).map(|_| OrderEvent::of("80.00")).collect();
    let mut fulfilment = shop.start("fulfilment", &[]).await;
    assert!(failures(&fulfilment.invoke(&batch(&events)).await).is_empty());
    for event in events {
        assert!(shop.row("FulfilmentTable", "order_id", &event.order_id).await.is_some());
    }
}

#[tokio::test]
async fn missing_message_id_fails_the_invocation() {
    let shop = Deployment::under_test().await;
    let mut fulfilment = shop.start("fulfilment", &[]).await;
    let event = json!({ "Records": [{ "body": OrderEvent::of("80.00").body() }] });
    match fulfilment.outcome(&event).await {
        Outcome::Error(error) => {
            assert!(String::from_utf8_lossy(&error).contains("has no message id"));
        }
        Outcome::Response(response) => {
            panic!("it was taken for success: {}", String::from_utf8_lossy(&response))
        }
    }
}

#[tokio::test]
async fn panic_in_release_build_fails_only_its_record_or_chunk() {
    let mut subscriber = Function::start("panics", []).await;
    let mut events: Vec<_> = (0..10).map(|_| OrderEvent::of("80.00")).collect();

    events[3].total = "13.00".to_owned();
    assert_eq!(failures(&subscriber.invoke(&batch(&events)).await), ["m3"]);

    events[3].total = "14.00".to_owned();
    assert_eq!(failures(&subscriber.invoke(&batch(&events)).await).len(), 10);

    events.truncate(3);
    assert!(failures(&subscriber.invoke(&batch(&events)).await).is_empty(), "it lives on");
}
