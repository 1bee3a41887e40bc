//! Every order gets an invoice with a unique number.

use std::collections::BTreeSet;

use e2e::{Deployment, OrderEvent, batch, failures};
use futures::future::join_all;

#[tokio::test]
async fn order_is_invoiced_and_its_page_shows_the_invoice() {
    let shop = Deployment::under_test().await;
    let placed = shop.place("Ada Lovelace", "12.34").await;
    let page = shop.invoiced(&placed.id).await;
    let row = shop.row("InvoicingTable", "order_id", &placed.id).await.expect("an invoice");
    for shown in [&format!("INV-{:0>6}", row["number"]), "Ada Lovelace", "$12.34", &placed.id] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    shop.fulfilled(&placed.id).await;
    let order = shop.get(&format!("/orders/{}", placed.id), "text/html").await.body;
    assert!(order.contains(&format!("href=\"/orders/{}/invoice\"", placed.id)), "{order}");
}

#[tokio::test]
async fn invoice_is_404_until_written_or_without_an_order() {
    let shop = Deployment::under_test().await;
    let id = shop.put_order("1", "2026-11-22T10:00:00Z").await;
    let answer = shop.get(&format!("/orders/{id}/invoice"), "application/json").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["type"]),
        (404, &"/problems/invoice-not-found".into())
    );
    shop.delete_row("OrdersTable", "id", &id).await;
    for (id, kind) in [
        ("00000000-0000-4000-8000-000000000000", "/problems/order-not-found"),
        ("last-number", "/problems/order-not-found"),
        ("%20", "/problems/not-found"),
    ] {
        let answer = shop.get(&format!("/orders/{id}/invoice"), "application/json").await;
        assert_eq!((answer.status.as_u16(), &answer.json()["type"]), (404, &kind.into()), "{id}");
    }
}

#[tokio::test]
async fn concurrent_invoices_never_share_a_number() {
    let shop = Deployment::under_test().await;
    let events: Vec<_> = (0..60).map(|_| OrderEvent::of("5.00")).collect();
    // Each batch is delivered twice, concurrently.
    join_all(events.chunks(10).chain(events.chunks(10)).map(async |events| {
        let mut invoicing = shop.start("invoicing", &[]).await;
        assert!(failures(&invoicing.invoke(&batch(events)).await).is_empty());
    }))
    .await;
    let mut numbers = BTreeSet::new();
    for event in &events {
        let row =
            shop.row("InvoicingTable", "order_id", &event.order_id).await.expect("an invoice");
        assert!(
            numbers.insert(row["number"].parse::<u64>().expect("a number")),
            "{} again",
            row["number"]
        );
    }
}
