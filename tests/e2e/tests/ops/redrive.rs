//! `ops dlq redrive`. It moves all messages of a queue, so these tests run one after another.

use aws_sdk_sqs::types::QueueAttributeName;
use devstack::Fault;
use e2e::{Deployment, OrderEvent, fault_proxy, ops, ops_behind};
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{EVERY_TIME, SOON};

static ONE_AFTER_THE_OTHER: Mutex<()> = Mutex::const_new(());

/// A dead-letter queue, as named by the command and the outputs, and the table that shows its
/// orders were processed.
const PROMOTION: (&str, &str, &str) = ("promotion", "PromotionDlqUrl", "PromotionTable");
const FULFILMENT_SUBSCRIPTION: (&str, &str, &str) =
    ("fulfilment-subscription", "FulfilmentSubscriptionDlqUrl", "FulfilmentTable");

async fn is_done(shop: &Deployment, table: &str, event: &OrderEvent) {
    let row = async || shop.row(table, "order_id", &event.order_id).await;
    e2e::eventually(&format!("{table} has {}", event.order_id), SOON, row).await;
}

#[tokio::test]
async fn redrive_processes_good_events_and_empties_the_queue() {
    let shop = Deployment::under_test().await;
    let _turn = ONE_AFTER_THE_OTHER.lock().await;
    for (dlq, output, table) in [PROMOTION, FULFILMENT_SUBSCRIPTION] {
        let events: Vec<_> = (0..23).map(|_| OrderEvent::of("81.50")).collect();
        for event in &events {
            shop.send(output, &event.body(), &[("amount", "81.50")]).await;
        }
        let dry = ops(&["dlq", "redrive", dlq, "--dry-run", "--json"]).await;
        dry.assert_code(0);
        assert_eq!(
            (&dry.objects()[0]["moved"], &dry.objects()[0]["dry_run"]),
            (&json!(23), &json!(true))
        );
        assert_eq!(
            shop.queue_number(output, QueueAttributeName::ApproximateNumberOfMessages).await,
            23
        );

        let part = ops(&["dlq", "redrive", dlq, "--limit", "2", "--json"]).await;
        part.assert_code(0);
        assert_eq!(
            part.objects(),
            [
                json!({ "queue": dlq, "to": part.objects()[0]["to"], "dry_run": false, "moved": 2, "failed": 0 })
            ]
        );
        let rest = ops(&["dlq", "redrive", dlq, "--json"]).await;
        rest.assert_code(0);
        assert_eq!(
            (&rest.objects()[0]["moved"], &rest.objects()[0]["failed"]),
            (&json!(21), &json!(0)),
            "{rest:?}"
        );
        for event in &events {
            is_done(&shop, table, event).await;
        }
        shop.drained(output).await;
    }
}

#[tokio::test]
async fn redriven_poison_returns_once_unchanged() {
    let shop = Deployment::under_test().await;
    let turn = ONE_AFTER_THE_OTHER.lock().await;
    let poison = format!("{{ \"é☃😀\": \n {}", Uuid::new_v4());
    let numbers = [("amount", "81.50"), ("attempt", "7")];
    shop.send("FulfilmentSubscriptionDlqUrl", &poison, &numbers).await;
    let redrive = ops(&["dlq", "redrive", "fulfilment-subscription", "--json"]).await;
    redrive.assert_code(0);
    assert_eq!(redrive.objects()[0]["moved"], 1);
    drop(turn);

    let visibility = shop.visibility("FulfilmentQueueUrl").await;
    let message = shop.take_from_dlq("FulfilmentDlqUrl", &poison, 5 * visibility).await;
    assert_eq!(message.body, poison);
    let intact =
        numbers.map(|(name, value)| (name.to_owned(), ("Number".to_owned(), value.to_owned())));
    assert_eq!(message.attributes, intact.into());
}

#[tokio::test]
async fn redrive_keeps_unsent_messages() {
    let shop = Deployment::under_test().await;
    let _turn = ONE_AFTER_THE_OTHER.lock().await;
    for (dlq, output, table) in [PROMOTION, FULFILMENT_SUBSCRIPTION] {
        for fault in [Fault::Fail, Fault::Refuse] {
            let event = OrderEvent::of("81.50");
            let id = shop.send(output, &event.body(), &[("amount", "81.50")]).await;
            let proxy = fault_proxy().await;
            let injected = proxy.inject("SendMessageBatch", fault, EVERY_TIME);
            let failed = ops_behind(&proxy, &["dlq", "redrive", dlq, "--json"]).await;
            failed.assert_code(1);
            assert!(injected.times() > 0, "nothing was sent");
            let [failure] = &failed.objects_with("message_id", &id)[..] else {
                panic!("{failed:?}")
            };
            assert!(
                failure["problem"].as_str().is_some_and(|problem| problem.contains("not deleted")),
                "{failure}"
            );
            assert_eq!(failed.objects().last().expect("a summary")["moved"], 0);

            // The message is there, and visible at once.
            let again = ops(&["dlq", "redrive", dlq, "--json"]).await;
            assert_eq!(again.objects()[0]["moved"], 1, "{again:?}");
            is_done(&shop, table, &event).await;
        }
    }
}

#[tokio::test]
async fn redrive_keeps_only_the_entry_sqs_rejected() {
    let shop = Deployment::under_test().await;
    let _turn = ONE_AFTER_THE_OTHER.lock().await;
    let before = shop
        .set_queue_number("PromotionQueueUrl", QueueAttributeName::MaximumMessageSize, 1024)
        .await;
    let (large, good) =
        (format!("{}{}", Uuid::new_v4(), "x".repeat(2000)), OrderEvent::of("81.50"));
    let large_id = shop.send("PromotionDlqUrl", &large, &[]).await;
    shop.send("PromotionDlqUrl", &good.body(), &[("amount", "81.50")]).await;
    let redrive = ops(&["dlq", "redrive", "promotion", "--json"]).await;
    shop.set_queue_number("PromotionQueueUrl", QueueAttributeName::MaximumMessageSize, before)
        .await;
    redrive.assert_code(1);
    assert_eq!(redrive.objects_with("message_id", &large_id).len(), 1, "{redrive:?}");
    let summary = redrive.objects().pop().expect("a summary");
    assert_eq!((&summary["moved"], &summary["failed"]), (&json!(1), &json!(1)));
    is_done(&shop, "PromotionTable", &good).await;
    assert_eq!(shop.take_from_dlq("PromotionDlqUrl", &large, SOON).await.body, large);
}

#[tokio::test]
async fn undeleted_message_is_reported_and_has_one_effect() {
    let shop = Deployment::under_test().await;
    let _turn = ONE_AFTER_THE_OTHER.lock().await;
    let event = OrderEvent::of("81.50");
    let id = shop.send("PromotionDlqUrl", &event.body(), &[("amount", "81.50")]).await;
    let proxy = fault_proxy().await;
    proxy.inject("DeleteMessageBatch", Fault::Fail, EVERY_TIME);
    let failed = ops_behind(&proxy, &["dlq", "redrive", "promotion", "--json"]).await;
    failed.assert_code(1);
    let [failure] = &failed.objects_with("message_id", &id)[..] else { panic!("{failed:?}") };
    assert!(
        failure["problem"]
            .as_str()
            .is_some_and(|problem| problem.starts_with("sent, but not deleted"))
    );
    is_done(&shop, "PromotionTable", &event).await;
    let first = shop.row("PromotionTable", "order_id", &event.order_id).await;
    ops(&["dlq", "redrive", "promotion"]).await.assert_code(0);
    shop.drained("PromotionDlqUrl").await;
    shop.drained("PromotionQueueUrl").await;
    assert_eq!(shop.row("PromotionTable", "order_id", &event.order_id).await, first);
}
