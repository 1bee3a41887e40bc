//! DynamoDB's successful responses. The stub stores nothing: every order that is read exists, every
//! insert is of a new row.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// A table whose outbox has [`PENDING`] orders. All other outboxes are empty.
pub(crate) const TABLE_WITH_PENDING_ORDERS: &str = "order-fanout-OrdersTable-PENDING00000";
/// How many pending orders the relay finds there.
pub(crate) const PENDING: usize = 10;

const NOBODYS_ID: &str = "00000000-0000-0000-0000-000000000000";
const LONG_AGO: &str = "1970-01-01T00:00:00Z";
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The response body for an operation. The error says what is wrong with the request.
pub(super) fn answer(operation: &str, request: &Value) -> Result<Value> {
    match operation {
        "PutItem" => {
            text(request, "/TableName")?;
            row(&request["Item"])?;
            Ok(json!({}))
        }
        "UpdateItem" => {
            text(request, "/TableName")?;
            text(request, "/UpdateExpression")?;
            match text(request, "/Key/order_id/S") {
                Ok(_counter) => counted(request),
                Err(_) => text(request, "/Key/id/S").map(|_order| json!({})),
            }
        }
        "TransactWriteItems" => {
            list(request, "/TransactItems")?.iter().try_for_each(written)?;
            Ok(json!({}))
        }
        "Query" => coupon_of_code(request),
        "BatchGetItem" => found(request),
        "BatchExecuteStatement" => {
            let answers =
                list(request, "/Statements")?.iter().map(executed).collect::<Result<Vec<_>>>()?;
            Ok(json!({ "Responses": answers }))
        }
        "Scan" => pending(request),
        other => bail!("DynamoDB is not asked for {other}"),
    }
}

fn row(item: &Value) -> Result<()> {
    ensure!(item.as_object().is_some_and(|attributes| !attributes.is_empty()), "nothing is put");
    Ok(())
}

/// Checks an item of a transaction: a put row, or a spent coupon.
fn written(write: &Value) -> Result<()> {
    match write.get("Update") {
        Some(spent) => text(spent, "/Key/order_id/S").map(drop),
        None => row(write.pointer("/Put/Item").unwrap_or(&Value::Null)),
    }
}

/// The response for a counter that starts at zero.
fn counted(request: &Value) -> Result<Value> {
    let count =
        request.pointer("/ExpressionAttributeValues/:count").context("nothing is counted")?;
    Ok(json!({ "Attributes": { "last": count } }))
}

/// Every code belongs to an unspent coupon.
fn coupon_of_code(request: &Value) -> Result<Value> {
    ensure!(text(request, "/IndexName")? == "code", "coupons are found by their code");
    let mut coupon = row_of(text(request, "/TableName")?, "f0f0f0f0-0000-4000-8000-000000000000")?;
    coupon["code"]["S"] = request
        .pointer("/ExpressionAttributeValues/:code/S")
        .context("no code is asked for")?
        .clone();
    Ok(json!({ "Count": 1, "ScannedCount": 1, "Items": [coupon] }))
}

fn found(request: &Value) -> Result<Value> {
    let asked = request["RequestItems"].as_object().context("no table is asked")?;
    let rows = asked.iter().map(|(table, asked)| {
        let key = asked.pointer("/Keys/0").context("no key is asked for")?;
        let id = key["id"]["S"]
            .as_str()
            .or(key["order_id"]["S"].as_str())
            .context("a key without an id")?;
        let rows = if id == NOBODYS_ID { vec![] } else { vec![row_of(table, id)?] };
        Ok((table.clone(), json!(rows)))
    });
    let rows = rows.collect::<Result<serde_json::Map<_, _>>>()?;
    Ok(json!({ "Responses": rows, "UnprocessedKeys": {} }))
}

fn row_of(table: &str, id: &str) -> Result<Value> {
    if table.contains("Orders") {
        return Ok(order(id));
    }
    let row = if table.contains("Fulfilment") {
        json!({ "tracking_number": { "S": "HHHHHHHHHHHH" }, "shipped_at": { "S": "2026-11-22T10:00:01Z" } })
    } else if table.contains("Promotion") {
        json!({ "code": { "S": "JJJJJJJJJJJJ" }, "percent": { "N": "20" }, "expires_at": { "S": "2099-02-20T10:00:01Z" } })
    } else {
        bail!("{table} is not read");
    };
    Ok(with(row, "order_id", id))
}

fn order(id: &str) -> Value {
    let row = json!({
        "customer": { "S": "Ada Lovelace" }, "amount": { "N": "81.5" }, "placed_at": { "S": "2026-11-22T10:00:00Z" },
        "traceparent": { "S": TRACE },
    });
    with(row, "id", id)
}

fn with(mut row: Value, key: &str, id: &str) -> Value {
    row[key] = json!({ "S": id });
    row
}

/// The warm-up insert names no key, and is rejected.
fn executed(statement: &Value) -> Result<Value> {
    let text = text(statement, "/Statement")?;
    let clears = text.starts_with("UPDATE \"") && text.ends_with(" REMOVE outbox WHERE id = ?");
    ensure!(clears || text.starts_with("INSERT INTO \""), "not what the functions do: {text}");
    let table = text.split('"').nth(1).unwrap_or_default();
    if clears || text.contains("'order_id'") {
        ensure!(!list(statement, "/Parameters")?.is_empty(), "a statement about nothing");
        return Ok(json!({ "TableName": table }));
    }
    let message = "The conditional request failed: missing the key order_id in the item";
    Ok(json!({ "TableName": table, "Error": { "Code": "ValidationError", "Message": message } }))
}

fn pending(request: &Value) -> Result<Value> {
    let until = text(request, "/ExpressionAttributeValues/:until/S")?;
    let pending = text(request, "/TableName")? == TABLE_WITH_PENDING_ORDERS && until != LONG_AGO;
    let rows = (0..if pending { PENDING } else { 0 }).map(|shard| {
        let mut row = order(&format!("f0f0f0f0-0000-4000-8000-0000000000{shard:02}"));
        row["outbox"] = json!({ "N": shard.to_string() });
        row
    });
    let rows: Vec<_> = rows.collect();
    Ok(json!({ "Count": rows.len(), "ScannedCount": rows.len(), "Items": rows }))
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).with_context(|| format!("{pointer} is missing"))
}

fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a [Value]> {
    let list = value
        .pointer(pointer)
        .and_then(Value::as_array)
        .with_context(|| format!("{pointer} is missing"))?;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unexpected_request_is_an_error() {
        for (operation, request) in [
            ("Query", json!({})),
            ("PutItem", json!({ "TableName": "orders", "Item": {} })),
            ("UpdateItem", json!({ "TableName": "orders" })),
            (
                "TransactWriteItems",
                json!({ "TransactItems": [{ "Delete": { "Key": { "id": { "S": "1" } } } }] }),
            ),
            (
                "BatchExecuteStatement",
                json!({ "Statements": [{ "Statement": "DELETE FROM \"orders\"" }] }),
            ),
            (
                "BatchGetItem",
                json!({ "RequestItems": { "keys": { "Keys": [{ "id": { "S": "1" } }] } } }),
            ),
        ] {
            assert!(answer(operation, &request).is_err(), "{operation} {request}");
        }
    }

    #[test]
    fn insert_without_key_fails_alone() {
        let insert = |columns: &str| json!({ "Statement": format!("INSERT INTO \"FulfilmentTable\" VALUE {{{columns}}}"), "Parameters": [{ "S": "1" }] });
        let request = json!({ "Statements": [insert("'order_id': ?"), insert("'primed': ?")] });
        let answer = answer("BatchExecuteStatement", &request).unwrap();
        assert_eq!(answer["Responses"][0], json!({ "TableName": "FulfilmentTable" }));
        assert_eq!(answer["Responses"][1]["Error"]["Code"], "ValidationError");
    }

    #[test]
    fn pending_table_has_ten_orders_to_publish() {
        let scan = |table: &str, until: &str| {
            let request = json!({ "TableName": table, "ExpressionAttributeValues": { ":until": { "S": until } } });
            answer("Scan", &request).unwrap()["Count"].as_u64().unwrap()
        };
        let now = "2026-11-22T10:00:00Z";
        assert_eq!(
            (scan(TABLE_WITH_PENDING_ORDERS, now), scan("orders", now)),
            (PENDING as u64, 0)
        );
        assert_eq!(scan(TABLE_WITH_PENDING_ORDERS, LONG_AGO), 0);
    }
}
