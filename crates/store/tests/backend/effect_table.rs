//! Inserting a subscriber's rows in one request.

use aws_mock::{order, shipment};
use store::{Inserted, Row, Value};

use crate::Shop;

/// A row of arbitrary columns, for values that a domain type cannot have.
struct Columns(Vec<(&'static str, Value)>);

impl Row for Columns {
    fn columns(&self) -> Vec<(&'static str, Value)> {
        self.0.clone()
    }
}

#[tokio::test]
async fn batch_of_25_distinguishes_new_from_existing_rows() {
    let shop = Shop::open().await;
    let effect_table = shop.effect_table("FulfilmentTable").await;
    let rows: Vec<_> = (0..25).map(|_| shipment(order("81.50").id)).collect();
    let early: Vec<_> = rows.iter().step_by(3).cloned().collect();
    assert!(
        effect_table.insert(&early).await.iter().all(|inserted| matches!(inserted, Inserted::New))
    );

    let inserted = effect_table.insert(&rows).await;
    assert_eq!(inserted.len(), 25);
    for (at, inserted) in inserted.iter().enumerate() {
        match at % 3 {
            0 => assert!(matches!(inserted, Inserted::AlreadyThere), "{at}: {inserted:?}"),
            _ => assert!(matches!(inserted, Inserted::New), "{at}: {inserted:?}"),
        }
    }
    assert_eq!(shop.tables.rows("FulfilmentTable").await.len(), 25);
}

#[tokio::test]
async fn second_insert_changes_nothing() {
    let shop = Shop::open().await;
    let effect_table = shop.effect_table("FulfilmentTable").await;
    let first = shipment(order("81.50").id);
    let mut second = first.clone();
    second.shipped_at = first.shipped_at + jiff::SignedDuration::from_secs(60);
    effect_table.insert(&[first]).await;
    let before = shop.tables.rows("FulfilmentTable").await;
    assert!(matches!(effect_table.insert(&[second]).await[..], [Inserted::AlreadyThere]));
    assert_eq!(shop.tables.rows("FulfilmentTable").await, before);
}

#[tokio::test]
async fn invalid_row_does_not_affect_the_others() {
    let shop = Shop::open().await;
    let effect_table = shop.effect_table("FulfilmentTable").await;
    let mut rows: Vec<_> = (0..5).map(|_| Columns(shipment(order("81.50").id).columns())).collect();
    let without_key = &mut rows[2].0;
    without_key.retain(|(name, _)| *name != "order_id");
    let inserted = effect_table.insert(&rows).await;
    for (at, inserted) in inserted.iter().enumerate() {
        match at {
            2 => assert!(matches!(inserted, Inserted::Failed(_)), "{inserted:?}"),
            _ => assert!(matches!(inserted, Inserted::New), "{at}: {inserted:?}"),
        }
    }
    assert_eq!(shop.tables.rows("FulfilmentTable").await.len(), 4);
}
