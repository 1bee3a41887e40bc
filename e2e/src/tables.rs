//! The tables, as AWS shows them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::Deployment;

/// A row, with its strings and numbers as text.
pub type Row = HashMap<String, String>;

impl Deployment {
    /// The row of a table with this key, read with strong consistency.
    pub async fn row(&self, table_output: &str, key: &str, value: &str) -> Option<Row> {
        let get = self.dynamodb.get_item().table_name(self.output(table_output)).consistent_read(true);
        let answer = get.key(key, AttributeValue::S(value.to_owned())).send().await.expect("the table can be read");
        answer.item.map(text)
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
    let text = |value| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text,
        other => format!("{other:?}"),
    };
    row.into_iter().map(|(name, value)| (name, text(value))).collect()
}
