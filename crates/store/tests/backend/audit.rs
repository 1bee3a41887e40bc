//! The operator's reads of single orders, and its clearing of a pending flag.

use aws_mock::{order, shipment};
use domain::{Invoice, OrderView};
use store::{Row, SavedOrder};
use telemetry::TraceParent;

use crate::Shop;

#[tokio::test]
async fn operator_reads_an_order_with_its_shipment() {
    let (shop, order) = (Shop::open().await, order("81.50"));
    let shipment = shipment(order.id);
    shop.orders.save(&order, TraceParent::begin()).await.unwrap();
    shop.tables.put("FulfilmentTable", shipment.columns()).await;
    let read = shop.audit().order_view(order.id).await.unwrap();
    assert_eq!(read, Some(OrderView::new(order, Some(shipment), None)));
}

#[tokio::test]
async fn invoice_is_read_with_its_order() {
    let (shop, order) = (Shop::open().await, order("81.50"));
    let invoice = Invoice { order_id: order.id, number: 42.into(), issued_at: order.placed_at };
    shop.orders.save(&order, TraceParent::begin()).await.unwrap();
    assert_eq!(shop.audit().invoice(order.id).await.unwrap(), None);
    assert_eq!(shop.orders.read_invoiced(order.id).await.unwrap(), Some((order.clone(), None)));

    shop.tables.put("InvoicingTable", invoice.columns()).await;
    assert_eq!(shop.audit().invoice(order.id).await.unwrap(), Some(invoice.clone()));
    let read = shop.orders.read_invoiced(order.id).await.unwrap();
    assert_eq!(read, Some((order, Some(invoice))));
}

#[tokio::test]
async fn operator_clears_the_pending_flag_of_one_order() {
    let (shop, trace) = (Shop::open().await, TraceParent::begin());
    let [cleared, pending, missing] = ["81.50", "90.00", "0.01"].map(order);
    for order in [&cleared, &pending] {
        shop.orders.save(order, trace).await.unwrap();
    }
    let audit = shop.audit();
    audit.clear_pending_flag(cleared.id).await.unwrap();
    let read = audit.orders_by_id(&[cleared.id, pending.id, missing.id]).await.unwrap();
    let mut read: Vec<_> = read.into_iter().collect::<Result<_, _>>().unwrap();
    read.sort_by_key(|saved| saved.publish_pending);
    let saved = |order, publish_pending| SavedOrder { order, trace: Some(trace), publish_pending };
    assert_eq!(read, [saved(cleared, false), saved(pending, true)]);
}
