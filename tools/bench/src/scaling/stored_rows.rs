//! What an order leaves in the tables.

use std::fs;

use anyhow::{Context, Result};
use devstack::root;
use serde_json::{Map, Value};

use super::measures::PROMOTED;

/// The rows of every table, as the functions write them; the latest form of each is the last.
const ROWS: &str = "crates/store/src/row/golden.json";
/// What DynamoDB adds to each item when it bills storage.
const OVERHEAD_BYTES: f64 = 100.0;

/// Bytes that DynamoDB stores for an order for good. Idempotency keys are deleted after a day.
pub(crate) fn bytes_per_order() -> Result<f64> {
    let text = fs::read_to_string(root().join(ROWS)).context(ROWS)?;
    let rows: Value = serde_json::from_str(&text).context(ROWS)?;
    let latest = |table: &str| {
        let row = rows[table].as_array().and_then(|rows| rows.last()?.as_object());
        Ok::<_, anyhow::Error>(size(row.with_context(|| format!("{ROWS}: no {table}"))?))
    };
    // A coupon is also in the index `code`.
    let coupon = 2.0 * latest("coupons")?;
    Ok(latest("orders")? + latest("shipments")? + latest("invoices")? + PROMOTED * coupon)
}

/// An item's size: the lengths of its attributes' names and values.
fn size(row: &Map<String, Value>) -> f64 {
    OVERHEAD_BYTES + length(row)
}

fn length(attributes: &Map<String, Value>) -> f64 {
    let value = |attribute: &Value| {
        let of_kind = attribute.as_object().and_then(|of_kind| of_kind.values().next());
        match of_kind {
            Some(Value::String(text)) => bytes(text),
            Some(Value::Object(map)) => length(map),
            _ => 0.0,
        }
    };
    attributes.iter().map(|(name, attribute)| bytes(name) + value(attribute)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "some hundreds")]
fn bytes(text: &str) -> f64 {
    text.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn item_size_is_names_and_values_and_overhead() {
        let row = json!({"id": {"S": "abcd"}, "map": {"M": {"n": {"N": "12"}}}});
        let found = size(row.as_object().unwrap());
        assert!((found - (100.0 + 6.0 + 3.0 + 3.0)).abs() < 1e-9, "{found}");
    }
}
