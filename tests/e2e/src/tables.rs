//! The tables, as AWS shows them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use crate::Deployment;

/// A row, with strings and numbers as text. A map's entries are named `map.key`.
pub type Row = HashMap<String, String>;

impl Deployment {
    /// Reads the row with this key, with strong consistency.
    pub async fn row(&self, table_output: &str, key: &str, value: &str) -> Option<Row> {
        let get =
            self.dynamodb.get_item().table_name(self.output(table_output)).consistent_read(true);
        let answer = get
            .key(key, AttributeValue::S(value.to_owned()))
            .send()
            .await
            .expect("the table can be read");
        answer.item.map(text)
    }

    /// The row of the coupon with this code.
    pub async fn coupon_row(&self, code: &str) -> Row {
        let mut rows = self.rows("PromotionTable").await.into_iter();
        rows.find(|row| row.get("code").is_some_and(|of| of == code))
            .expect("a coupon has this code")
    }

    /// The ids of a customer's orders.
    pub async fn orders_of(&self, customer: &str) -> Vec<String> {
        let mut rows = self.rows("OrdersTable").await;
        rows.retain(|row| row.get("customer").is_some_and(|name| name == customer));
        rows.into_iter().map(|row| row["id"].clone()).collect()
    }

    /// Writes an order that is not pending and has not been published, and returns its id.
    pub async fn put_order(&self, amount: &str, placed_at: &str) -> String {
        let id = Uuid::new_v4().to_string();
        let row = [("id", &*id), ("customer", "Ada"), ("amount", amount), ("placed_at", placed_at)];
        self.put_row("OrdersTable", &row).await;
        id
    }

    /// Sets an idempotency key's expiry to one second ago.
    pub async fn expire_key(&self, key: &str) {
        let update = self.dynamodb.update_item().table_name(self.output("IdempotencyKeysTable"));
        let update = update.key("idempotency_key", AttributeValue::S(key.to_owned()));
        let update = update
            .update_expression("SET expires_at = :past")
            .condition_expression("attribute_exists(fingerprint)");
        let past = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970")
            .as_secs()
            - 1;
        let update =
            update.expression_attribute_values(":past", AttributeValue::N(past.to_string()));
        update.send().await.expect("the key is in its table");
    }

    /// Writes a row. `amount`, `percent` and `outbox` become numbers, all else strings.
    pub async fn put_row(&self, table_output: &str, row: &[(&str, &str)]) {
        let value = |name: &str, text: &str| match name {
            "amount" | "percent" | "outbox" => AttributeValue::N(text.to_owned()),
            _ => AttributeValue::S(text.to_owned()),
        };
        let row = row.iter().map(|(name, text)| ((*name).to_owned(), value(name, text))).collect();
        let put =
            self.dynamodb.put_item().table_name(self.output(table_output)).set_item(Some(row));
        put.send().await.expect("the table takes the row");
    }

    /// Deletes the row with this key.
    pub async fn delete_row(&self, table_output: &str, key: &str, value: &str) {
        let delete = self.dynamodb.delete_item().table_name(self.output(table_output));
        delete
            .key(key, AttributeValue::S(value.to_owned()))
            .send()
            .await
            .expect("the row can be deleted");
    }

    /// Every row of a table.
    pub async fn rows(&self, table_output: &str) -> Vec<Row> {
        let scan = self.dynamodb.scan().table_name(self.output(table_output)).consistent_read(true);
        let mut pages = scan.into_paginator().items().send();
        let mut rows = vec![];
        while let Some(row) = pages.next().await {
            rows.push(text(row.expect("the table can be read")));
        }
        rows
    }
}

fn text(row: HashMap<String, AttributeValue>) -> Row {
    let text = |(name, value): (String, AttributeValue)| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => vec![(name, text)],
        AttributeValue::M(map) => self::text(map)
            .into_iter()
            .map(|(inner, text)| (format!("{name}.{inner}"), text))
            .collect(),
        other => vec![(name, format!("{other:?}"))],
    };
    row.into_iter().flat_map(text).collect()
}
