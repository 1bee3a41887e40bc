//! Reading an order with its shipment and its coupon.

use aws_mock::{order, shipment};
use domain::{Code, Coupon, OrderView};
use store::Row;
use telemetry::TraceParent;

use crate::Shop;

#[tokio::test]
async fn unknown_order_reads_as_none() {
    let shop = Shop::open().await;
    shop.orders.save(&order("81.50"), TraceParent::begin()).await.unwrap();
    assert_eq!(shop.orders.read(order("81.50").id).await.unwrap(), None);
}

#[tokio::test]
async fn order_is_read_with_its_shipment_and_its_coupon() {
    let shop = Shop::open().await;
    let (order, other) = (order("81.50"), order("90.00"));
    let (shipment, others) = (shipment(order.id), shipment(other.id));
    let coupon = Coupon::earned_by(order.id, Code::from_entropy([1; 12]), order.placed_at);
    for order in [&order, &other] {
        shop.orders.save(order, TraceParent::begin()).await.unwrap();
    }
    shop.tables.put("FulfilmentTable", shipment.columns()).await;
    shop.tables.put("FulfilmentTable", others.columns()).await;
    shop.tables.put("PromotionTable", coupon.columns()).await;

    let read = shop.orders.read(order.id).await.unwrap();
    assert_eq!(read, Some(OrderView::new(order, Some(shipment), Some(coupon))));
    let read = shop.orders.read(other.id).await.unwrap();
    assert_eq!(read, Some(OrderView::new(other, Some(others), None)));
}

#[tokio::test]
async fn shipment_without_an_order_reads_as_none() {
    let shop = Shop::open().await;
    let id = order("81.50").id;
    shop.tables.put("FulfilmentTable", shipment(id).columns()).await;
    assert_eq!(shop.orders.read(id).await.unwrap(), None);
}
