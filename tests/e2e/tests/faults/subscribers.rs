//! Subscribers under faults before and after their insert.

use std::slice::from_ref;
use std::time::Duration;

use devstack::Fault;
use e2e::{Deployment, OrderEvent, batch, eventually, failures, fault_proxy, held};
use serde_json::{Value, json};

use super::{ONCE, faults, kill_at, name_of};

const INSERT: &str = "BatchExecuteStatement";
/// Invoicing reserves its numbers with it.
const NUMBER: &str = "UpdateItem";
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn insert_fault_is_retried_and_has_one_effect() {
    let shop = Deployment::under_test().await;
    let subscribers = shop.subscribers();
    let inserts = subscribers.iter().map(|of| (&*of.function, of.table(), INSERT));
    let number = ("invoicing", "InvoicingTable".to_owned(), NUMBER);
    for (function, table, call) in inserts.chain([number]) {
        for (fault, times) in faults() {
            let what = format!("{fault:?} at {call} of {function}, {times} times");
            let proxy = fault_proxy().await;
            let mut subscriber = shop.start_behind(function, &proxy).await;
            let injected = proxy.inject(call, fault, times);
            let event = OrderEvent::of("81.50");
            let delivery = batch(from_ref(&event));
            let response = subscriber.invoke(&delivery).await;
            assert!(injected.times() > 0, "{what} did not happen");
            assert_eq!(
                failures(&response),
                if times == ONCE { vec![] } else { vec!["m0"] },
                "{what}"
            );

            let early = shop.row(&table, "order_id", &event.order_id).await;
            let again = shop.start(function, &[]).await.invoke(&delivery).await;
            assert!(failures(&again).is_empty(), "{what}");
            let late = shop.row(&table, "order_id", &event.order_id).await;
            assert!(late.is_some(), "{what}: the order is lost");
            assert!(early.is_none() || early == late, "{what}: it was done twice");
            let answered = if times == ONCE {
                "done once"
            } else {
                "handed back, done once when it came again"
            };
            held(&format!("{function}, {call}"), &name_of(fault, times), answered);
        }
    }
}

#[tokio::test]
async fn redelivery_after_a_kill_finds_the_insert_done() {
    let shop = Deployment::under_test().await;
    for subscriber in shop.subscribers() {
        let (function, table) = (&*subscriber.function, subscriber.table());
        let proxy = fault_proxy().await;
        let subscriber = shop.start_behind(function, &proxy).await;
        let event = OrderEvent::of("81.50");
        let delivery = batch(from_ref(&event));
        let injected = proxy.inject(INSERT, Fault::WithholdAnswer, ONCE);
        kill_at(injected, subscriber, &delivery).await;
        let done = shop.row(&table, "order_id", &event.order_id).await;
        assert!(done.is_some(), "the insert got through");
        assert!(
            failures(&shop.start(function, &[]).await.invoke(&delivery).await).is_empty(),
            "{function}"
        );
        assert_eq!(
            shop.row(&table, "order_id", &event.order_id).await,
            done,
            "{function} did it twice"
        );
        held(&format!("{function}, {INSERT}"), "killed before the answer came", "done once");
    }
}

/// A batch of one message group of a FIFO queue.
fn group(events: &[OrderEvent], receives: u32) -> Value {
    let mut delivery = batch(events);
    for record in delivery["Records"].as_array_mut().expect("records") {
        record["eventSourceARN"] = json!("arn:aws:sqs:us-east-1:000000000000:orders.fifo");
        record["attributes"] =
            json!({ "MessageGroupId": "Ada", "ApproximateReceiveCount": receives.to_string() });
    }
    delivery
}

/// After the last receive SQS moves the failing message to the dead-letter queue. Until then its
/// group waits for it.
#[tokio::test]
async fn failing_insert_blocks_its_group_until_the_last_receive() {
    const LAST: u32 = 3;
    let shop = Deployment::under_test().await;
    for subscriber in shop.subscribers() {
        let (function, table) = (&*subscriber.function, subscriber.table());
        let proxy = fault_proxy().await;
        let last = LAST.to_string();
        let variables = [("AWS_ENDPOINT_URL", proxy.url()), ("MAX_RECEIVE_COUNT", &*last)];
        let response_to = async |receives| {
            let events = [OrderEvent::of("81.50"), OrderEvent::of("81.50")];
            proxy.fail_insert(shop.output(&table), &events[0].order_id, u32::MAX);
            shop.start(function, &variables).await.invoke(&group(&events, receives)).await
        };
        for receives in 1..LAST {
            let response = response_to(receives).await;
            assert_eq!(failures(&response), ["m0", "m1"], "{function}, receive {receives}");
        }
        // A pause of the machine may leave no time for the second order.
        eventually(&format!("{function} goes on at the last receive"), SOON, async || {
            let response = response_to(LAST).await;
            assert!(
                failures(&response).starts_with(&["m0"]),
                "{function}: the failing one is done"
            );
            (failures(&response) == ["m0"]).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn concurrent_redelivery_has_one_effect() {
    let shop = Deployment::under_test().await;
    for subscriber in shop.subscribers() {
        let (function, table) = (&*subscriber.function, subscriber.table());
        let proxy = fault_proxy().await;
        let mut slow = shop.start_behind(function, &proxy).await;
        let mut quick = shop.start(function, &[]).await;
        let mut injected = proxy.inject(INSERT, Fault::Delay(Duration::from_millis(300)), ONCE);
        let event = OrderEvent::of("81.50");
        let delivery = batch(from_ref(&event));
        let (first, done) = tokio::join!(slow.invoke(&delivery), async {
            injected.happened().await;
            assert!(failures(&quick.invoke(&delivery).await).is_empty(), "{function}");
            shop.row(&table, "order_id", &event.order_id).await
        });
        assert!(failures(&first).is_empty(), "{function}");
        assert!(done.is_some(), "the quick delivery did it");
        assert_eq!(
            shop.row(&table, "order_id", &event.order_id).await,
            done,
            "{function}: the slow one did it again"
        );
        held(
            &format!("{function}, {INSERT}"),
            "delivered again while it was worked on",
            "done once",
        );
    }
}
