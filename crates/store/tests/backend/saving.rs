//! Saving an order with one conditional put.

use aws_mock::order;
use domain::OrderView;
use store::StoreError;
use telemetry::TraceParent;

use crate::Shop;

#[tokio::test]
async fn saved_order_is_read_back_to_the_cent() {
    let shop = Shop::open().await;
    for amount in ["0.01", "80.00", "81.50", "999999999.99"] {
        let order = order(amount);
        shop.orders.save(&order, TraceParent::begin()).await.unwrap();
        assert_eq!(
            shop.orders.read(order.id).await.unwrap(),
            Some(OrderView::new(order, None, None))
        );
    }
}

#[tokio::test]
async fn saving_the_same_order_again_changes_nothing() {
    let shop = Shop::open().await;
    let order = order("81.50");
    shop.orders.save(&order, TraceParent::begin()).await.unwrap();
    let before = shop.tables.rows("OrdersTable").await;
    shop.orders.save(&order, TraceParent::begin()).await.unwrap();
    assert_eq!(shop.tables.rows("OrdersTable").await, before);
}

#[tokio::test]
async fn saving_again_does_not_restore_the_pending_flag() {
    let shop = Shop::open().await;
    let order = order("81.50");
    shop.orders.save(&order, TraceParent::begin()).await.unwrap();
    shop.clear_pending_flag(order.id).await.unwrap();
    shop.orders.save(&order, TraceParent::begin()).await.unwrap();
    assert_eq!(shop.tables.index_rows("OrdersTable", "outbox").await, []);
}

#[tokio::test]
async fn different_order_with_the_same_id_is_rejected() {
    let shop = Shop::open().await;
    let first = order("81.50");
    let mut other = order("12.00");
    other.id = first.id;
    shop.orders.save(&first, TraceParent::begin()).await.unwrap();
    let refused = shop.orders.save(&other, TraceParent::begin()).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Unavailable(code) if code == "ConditionalCheckFailedException"),
        "{refused}"
    );
    assert_eq!(shop.orders.read(first.id).await.unwrap(), Some(OrderView::new(first, None, None)));
}

#[tokio::test]
async fn clearing_removes_only_the_pending_flag() {
    let shop = Shop::open().await;
    let order = order("81.50");
    shop.orders.save(&order, TraceParent::begin()).await.unwrap();
    let mut rows = shop.tables.rows("OrdersTable").await;
    shop.clear_pending_flag(order.id).await.unwrap();
    assert!(rows[0].remove("outbox").is_some());
    assert_eq!(shop.tables.rows("OrdersTable").await, rows);
    shop.clear_pending_flag(order.id).await.expect("clearing twice is clearing");
}

#[tokio::test]
async fn clearing_an_unknown_order_creates_no_row() {
    let shop = Shop::open().await;
    shop.clear_pending_flag(order("81.50").id).await.unwrap();
    assert_eq!(shop.tables.rows("OrdersTable").await, []);
}
