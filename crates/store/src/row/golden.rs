//! Rows as every release has written them, the latest format of each table last. Formats are added
//! here, never changed or removed: existing tables contain such rows, and during a deployment the
//! previous release reads what this one writes (docs/guides/deploying.md).

use serde_json::Value;

use super::tests::{SHARDS, discounted, order, row_of};
use super::*;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn golden(table: &str) -> Vec<Attributes> {
    let all: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    all[table].as_array().unwrap().iter().map(attributes).collect()
}

/// Converts DynamoDB's JSON, limited to the attribute types in use.
fn attributes(row: &Value) -> Attributes {
    let attribute = |value: &Value| match value.as_object().unwrap().iter().next().unwrap() {
        (kind, Value::String(text)) if kind == "S" => AttributeValue::S(text.clone()),
        (kind, Value::String(text)) if kind == "N" => AttributeValue::N(text.clone()),
        (kind, map) if kind == "M" => AttributeValue::M(attributes(map)),
        other => panic!("{other:?}"),
    };
    row.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn claim() -> Claim {
    Claim {
        key: "0f0f0f0f-0000-4000-8000-000000000001".parse().unwrap(),
        fingerprint: "v1:00ff".to_owned(),
        answer: "{}".to_owned(),
    }
}

#[test]
fn rows_of_every_release_are_read() {
    for (at, row) in golden("orders").iter().enumerate() {
        let expected = if at == 3 { discounted() } else { order() };
        let reader = Reader { table: "orders", row };
        assert_eq!(reader.order().unwrap(), expected, "{at}");
        assert_eq!(reader.trace().is_some(), row.contains_key(TraceParent::NAME), "{at}");
    }
    for row in &golden("idempotency keys") {
        let first = Reader { table: "keys", row }.first_claim().unwrap();
        assert_eq!(
            (first.order_id, first.fingerprint, first.expires_at),
            (order().id, "v1:00ff".to_owned(), 1_795_428_000)
        );
    }
    for row in &golden("shipments") {
        assert_eq!(
            Reader { table: "shipments", row }.shipment().unwrap().shipped_at,
            order().placed_at
        );
    }
    for row in &golden("coupons") {
        let reader = Reader { table: "coupons", row };
        assert_eq!(reader.coupon().unwrap().percent, 20);
        assert_eq!(reader.spent_by().unwrap().is_some(), row.contains_key(SPENT_BY));
    }
    for row in &golden("invoices") {
        assert_eq!(Reader { table: "invoices", row }.invoice().unwrap().number, 42.into());
    }
}

#[test]
fn written_rows_match_the_latest_golden_rows() {
    let latest = |table: &str| golden(table).pop().unwrap();
    let order = order();
    let written = from_order(&discounted(), TRACE.parse().unwrap(), SHARDS);
    assert_eq!(written, latest("orders"));
    assert_eq!(from_claim(&claim(), order.id, 1_795_428_000), latest("idempotency keys"));
    let code = || Code::from_entropy([4; 12]);
    let shipment =
        Shipment { order_id: order.id, tracking_number: code(), shipped_at: order.placed_at };
    assert_eq!(row_of(shipment.columns()), latest("shipments"));
    assert_eq!(
        row_of(Coupon::earned_by(order.id, code(), order.placed_at).columns()),
        latest("coupons")
    );
    let invoice = Invoice { order_id: order.id, number: 42.into(), issued_at: order.placed_at };
    assert_eq!(row_of(invoice.columns()), latest("invoices"));
}
