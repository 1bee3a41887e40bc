//! Two subscribers that `cargo xtask new subscriber` added to the stack: `audit`, for all orders,
//! and `loyalty`, for those of more than $80.00.

use std::time::{Duration, UNIX_EPOCH};

use e2e::{Console, Deployment, OrderEvent, eventually, ops};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn new_subscribers_get_the_orders_of_their_filters() {
    let shop = Deployment::under_test().await;
    for (amount, is_loyal) in
        [("10.00", false), ("80.00", false), ("80.01", true), ("100.00", true)]
    {
        let placed = shop.place("Ada Lovelace", amount).await;
        let row = async |table: &str| shop.row(table, "order_id", &placed.id).await;
        eventually("the order is audited", SOON, async || row("AuditTable").await).await;
        shop.fulfilled(&placed.id).await;
        if is_loyal {
            eventually("the order is rewarded", SOON, async || row("LoyaltyTable").await).await;
        } else {
            shop.drained("LoyaltyQueueUrl").await;
            assert!(row("LoyaltyTable").await.is_none(), "{amount}");
        }
    }
}

/// Waits for the next second of the clock, so that a row written from then on has another time.
async fn a_later_second() {
    let second = || UNIX_EPOCH.elapsed().expect("it is after 1970").as_secs();
    let now = second();
    eventually("the clock goes on", SOON, async || (second() > now).then_some(())).await;
}

#[tokio::test]
async fn redelivered_event_leaves_the_first_row() {
    let shop = Deployment::under_test().await;
    let event = OrderEvent::of("90.00");
    let row = async |table: &str| shop.row(table, "order_id", &event.order_id).await;
    for (queue, table) in [("AuditQueueUrl", "AuditTable"), ("LoyaltyQueueUrl", "LoyaltyTable")] {
        shop.send(queue, &event.body(), &[]).await;
        let first = eventually("the row is there", SOON, async || row(table).await).await;
        a_later_second().await;
        shop.send(queue, &event.body(), &[]).await;
        shop.drained(queue).await;
        assert_eq!(row(table).await, Some(first), "{table}");
    }
}

#[tokio::test]
async fn console_shows_the_new_subscribers() {
    let shop = Deployment::under_test().await;
    let console = Console::start(shop.endpoint(), &[]).await;
    for subscriber in shop.subscribers() {
        let card = format!("id=\"subscriber-{}\"", subscriber.function);
        eventually(&format!("the console has {card}"), SOON, async || {
            let page = devstack::page(console.url()).await.expect("the console answers");
            page.contains(&card).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn operator_sees_a_new_subscribers_dead_letters() {
    let shop = Deployment::under_test().await;
    let poison = Uuid::new_v4().to_string();
    let id = shop.send("LoyaltyDlqUrl", &poison, &[]).await;
    let listed = ops(&["dlq", "list", "--json"]).await;
    let loyalty = listed.objects_with("queue", "loyalty");
    assert!(!loyalty.is_empty(), "{}", listed.stdout);
    let shown = ops(&["dlq", "show", "loyalty", "--json"]).await;
    assert_eq!(shown.objects_with("message_id", &id).len(), 1, "{}", shown.stdout);
    assert!(ops(&["dlq", "list", "--json"]).await.objects_with("queue", "audit").len() == 2);
}
