//! Pending orders in the outbox.

use std::collections::{BTreeSet, HashMap, HashSet};

use aws_mock::order;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Order, OrderId};
use jiff::{SignedDuration, Timestamp};
use store::{Outbox, PendingOrder};
use telemetry::TraceParent;

use crate::{SHARDS, Shop};

fn trace() -> TraceParent {
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("a traceparent")
}

/// Returns all pending orders until a time, with their shards, and the page sizes of each shard.
/// Also checks that a scan returns the same, or `None` if there is more than a page.
async fn sweep(outbox: &Outbox, until: Timestamp) -> (Vec<(u8, Order)>, Vec<Vec<usize>>) {
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    for shard in outbox.shards() {
        let (mut next, mut pages) = (None, Vec::new());
        loop {
            let page = outbox.query_shard(shard, until, next).await.expect("a page");
            pages.push(page.orders.len());
            found.extend(page.orders.into_iter().map(|PendingOrder { order, trace }| {
                assert_eq!(trace, Some(self::trace()), "the index projects it");
                (shard, order)
            }));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        sizes.push(pages);
    }
    let scan_pending = outbox.scan_pending(until).await.expect("a scan_pending");
    assert_eq!(scan_pending.is_some(), found.len() < 100);
    if let Some(page) = scan_pending {
        assert_eq!(
            page.orders.iter().map(|pending| pending.order.id).collect::<HashSet<_>>(),
            ids(&found)
        );
    }
    (found, sizes)
}

fn ids<'a>(orders: impl IntoIterator<Item = &'a (u8, Order)>) -> HashSet<OrderId> {
    orders.into_iter().map(|(_, order)| order.id).collect()
}

#[tokio::test]
async fn pending_orders_of_every_shard_have_all_event_fields() {
    let shop = Shop::open().await;
    let mut placed = Vec::new();
    while placed.iter().map(|order: &Order| order.id.shard(SHARDS)).collect::<BTreeSet<_>>().len()
        < 16
    {
        let order = order("81.50");
        shop.orders.save(&order, trace()).await.unwrap();
        placed.push(order);
    }
    let outbox = shop.outbox().await;
    assert!(outbox.shards().eq(0..16));
    let (found, _) = sweep(&outbox, placed[0].placed_at).await;
    assert_eq!(found.len(), placed.len());
    for (shard, order) in found {
        assert_eq!(shard, order.id.shard(SHARDS));
        assert!(placed.contains(&order), "{order:?}");
    }
}

#[tokio::test]
async fn pending_order_is_found_from_the_second_it_was_placed() {
    let shop = Shop::open().await;
    let order = order("81.50");
    shop.orders.save(&order, trace()).await.unwrap();
    let outbox = shop.outbox().await;
    for (milliseconds, expected) in [(-1, 0), (0, 1), (999, 1), (60_000, 1)] {
        let (found, _) =
            sweep(&outbox, order.placed_at + SignedDuration::from_millis(milliseconds)).await;
        assert_eq!(found.len(), expected, "{milliseconds} ms after");
    }
}

#[tokio::test]
async fn cleared_order_is_not_found() {
    let shop = Shop::open().await;
    let orders = [order("81.50"), order("12.00")];
    for order in &orders {
        shop.orders.save(order, trace()).await.unwrap();
    }
    shop.clear_pending_flag(orders[0].id).await.unwrap();
    let (found, _) = sweep(&shop.outbox().await, orders[0].placed_at).await;
    assert_eq!(ids(&found), HashSet::from([orders[1].id]));
}

#[tokio::test]
async fn batch_clear_removes_only_the_pending_flags() {
    let shop = Shop::open().await;
    let placed: Vec<_> = (0..6).map(|_| order("81.50")).collect();
    for order in &placed {
        shop.orders.save(order, trace()).await.unwrap();
    }
    shop.clear_pending_flag(placed[3].id).await.unwrap();
    let mut rows = by_id(shop.tables.rows("OrdersTable").await);
    let outbox = shop.outbox().await;
    let cleared = outbox.clear(&placed[..5].iter().map(|order| order.id).collect::<Vec<_>>()).await;
    assert!(
        cleared.len() == 5 && cleared.iter().all(Result::is_ok),
        "cleared twice is cleared: {cleared:?}"
    );
    for order in &placed[..5] {
        rows.get_mut(&order.id.to_string()).expect("it is there").remove("outbox");
    }
    assert_eq!(by_id(shop.tables.rows("OrdersTable").await), rows);
}

#[tokio::test]
async fn batch_clear_of_an_unknown_order_creates_no_row() {
    let shop = Shop::open().await;
    let known = order("81.50");
    shop.orders.save(&known, trace()).await.unwrap();
    let cleared = shop.outbox().await.clear(&[order("81.50").id, known.id]).await;
    assert!(matches!(cleared[..], [Ok(()), Ok(())]), "{cleared:?}");
    let rows = by_id(shop.tables.rows("OrdersTable").await);
    assert_eq!(rows.keys().collect::<Vec<_>>(), [&known.id.to_string()]);
    assert!(!rows[&known.id.to_string()].contains_key("outbox"));
}

fn by_id(
    rows: Vec<HashMap<String, AttributeValue>>,
) -> HashMap<String, HashMap<String, AttributeValue>> {
    rows.into_iter().map(|row| (row["id"].as_s().expect("text").clone(), row)).collect()
}

#[tokio::test]
async fn shard_pages_list_each_order_once_oldest_first() {
    let shop = Shop::open().await;
    let start = order("81.50").placed_at;
    let mut placed = Vec::new();
    while placed.len() < 230 {
        let mut order = order("81.50");
        order.placed_at =
            start + SignedDuration::from_secs(i64::try_from(placed.len() / 3).unwrap());
        if order.id.shard(SHARDS) == 7 {
            placed.push(order);
        }
    }
    // Newest first, so that the order of the results comes from the index.
    for order in placed.iter().rev() {
        shop.orders.save(order, trace()).await.unwrap();
    }
    let (found, sizes) = sweep(&shop.outbox().await, start + SignedDuration::from_hours(1)).await;
    assert_eq!(sizes[7], [100, 100, 30]);
    assert!(found.iter().map(|(_, order)| order.placed_at).is_sorted());
    assert_eq!(found.len(), 230);
    assert_eq!(ids(&found), placed.iter().map(|order| order.id).collect());
}
