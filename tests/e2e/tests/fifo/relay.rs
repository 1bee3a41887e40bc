//! Orders that the relay publishes.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{FaultStack, batches_published, effects, group_of};
use serde_json::json;
use uuid::Uuid;

use crate::{Row, row};

const CUSTOMERS: usize = 12;
const ORDERS_EACH: usize = 10;

/// More pending orders than one scan returns, in all shards. They are published by customer in the
/// order in which they were placed. The oldest are written first, as the stack's own relay may run
/// before the last is there.
pub(crate) async fn relay_publishes_the_oldest_first(stack: &FaultStack) -> Vec<Row> {
    let shop = &stack.shop;
    let mut orders = BTreeMap::new();
    for customer in 0..CUSTOMERS {
        let customer = format!("Ada {customer} {}", Uuid::new_v4());
        let ids: Vec<_> = (0..ORDERS_EACH).map(|_| Uuid::new_v4().to_string()).collect();
        orders.insert(customer, ids);
    }
    for position in 0..ORDERS_EACH {
        for (at, (customer, ids)) in orders.iter().enumerate() {
            let placed_at = format!("2026-11-22T10:{position:02}:{at:02}Z");
            let shard = ((position * 7 + at) % 16).to_string();
            let order = [("id", &*ids[position]), ("customer", customer), ("amount", "81.50")];
            let pending = [("placed_at", &*placed_at), ("outbox", &shard)];
            shop.put_row("OrdersTable", &[&order[..], &pending[..]].concat()).await;
        }
    }
    let mut relay = shop.start_behind("outbox-relay", &stack.proxy).await;
    let swept = relay.invoke(&json!({})).await;
    assert_eq!(swept["failed"], 0, "{swept}");
    shop.at_rest().await;

    let calls = stack.proxy.recorded();
    let batches = batches_published(&calls);
    for batch in &batches {
        let groups: BTreeSet<_> = batch.iter().map(|(group, _)| group).collect();
        assert_eq!(groups.len(), batch.len(), "a batch has two orders of a customer");
    }
    for (customer, ids) in &orders {
        let published = batches.iter().flatten().filter(|(_, id)| ids.contains(id));
        let mut first_times = vec![];
        for (group, id) in published {
            assert_eq!(*group, group_of(customer));
            if !first_times.contains(id) {
                first_times.push(id.clone());
            }
        }
        assert_eq!(first_times, *ids, "published in the order placed");
        for subscriber in shop.subscribers() {
            let mut done = effects(&calls, shop.output(&subscriber.table()));
            done.retain(|id| ids.contains(id));
            assert_eq!(done, *ids, "{}: done in the order placed", subscriber.function);
        }
    }
    vec![row("Pending orders that the relay published, the oldest first", CUSTOMERS * ORDERS_EACH)]
}
