//! Messages that come more than once.

use std::time::Duration;

use e2e::{FaultStack, FifoIds, OrderEvent, eventually, ops_on};
use futures::future::join_all;
use uuid::Uuid;

use crate::{Row, effects_of, row, send};

const SOON: Duration = Duration::from_secs(30);

/// Ten deliveries of one event, each with a deduplication id of its own, as after redrives.
pub(crate) async fn repeated_event_has_one_effect(stack: &FaultStack) -> Vec<Row> {
    const TIMES: usize = 10;
    let shop = &stack.shop;
    let subscribers = shop.subscribers();
    join_all(subscribers.iter().map(async |subscriber| {
        let event = OrderEvent::of("81.50");
        let (group, table) = (Uuid::new_v4().to_string(), subscriber.table());
        send(shop, &subscriber.queue(), &vec![(&*group, event.body()); TIMES]).await;
        shop.drained(&subscriber.queue()).await;
        let first = shop.row(&table, "order_id", &event.order_id).await;
        assert!(first.is_some(), "{table}: it is done");
        send(shop, &subscriber.queue(), &[(&group, event.body())]).await;
        shop.drained(&subscriber.queue()).await;
        assert_eq!(shop.row(&table, "order_id", &event.order_id).await, first, "{table}");
        assert_eq!(effects_of(stack, &table, &[event]).len(), 1, "{table}");
    }))
    .await;
    vec![row("Deliveries of one event to each subscriber, with one effect", TIMES + 1)]
}

/// SNS drops an order that is published twice within five minutes, unless `ops orders replay` does
/// it.
pub(crate) async fn only_an_operator_repeats_an_order(stack: &FaultStack) -> Vec<Row> {
    let shop = &stack.shop;
    let probe = shop.probe_topic().await;
    let id = shop.place(&format!("Ada {}", Uuid::new_v4()), "81.50").await.id;
    shop.fulfilled(&id).await;
    let ids = FifoIds::random();
    let dropped = OrderEvent::of("81.50");
    for _ in 0..2 {
        shop.publish_with(&dropped.body(), &dropped.total, ids.clone()).await;
    }
    ops_on(shop, &["orders", "replay", &id]).await.assert_code(0);
    ops_on(shop, &["orders", "replay", &id]).await.assert_code(0);
    let last = OrderEvent::of("81.50");
    shop.publish(&last.body(), &last.total).await;
    let bodies = probe.read_until(&last.order_id).await;
    probe.unsubscribe().await;
    let times = |id: &str| bodies.iter().filter(|body| body.contains(id)).count();
    assert_eq!(times(&dropped.order_id), 1, "published twice with one deduplication id");
    assert_eq!(times(&id), 3, "published once and replayed twice");
    let row_of = async || shop.row("FulfilmentTable", "order_id", &last.order_id).await;
    eventually("the last order is fulfilled", SOON, row_of).await;
    vec![row("Replays of one order within five minutes, none dropped", times(&id) - 1)]
}
