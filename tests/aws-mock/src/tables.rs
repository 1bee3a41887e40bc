//! The template's tables, created on a backend for one test.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    Projection,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{Backend, template};

/// Tables for one test, and a client to inspect them.
#[derive(Clone, Debug)]
pub struct Tables {
    client: Client,
    backend: Backend,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Table {
    billing_mode: String,
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Key>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    // Concerns the table's life cycle, not its rows.
    #[serde(default, rename = "DeletionProtectionEnabled")]
    _deletion_protection: IgnoredAny,
    #[serde(default, rename = "PointInTimeRecoverySpecification")]
    _recovery: IgnoredAny,
    #[serde(default, rename = "SSESpecification")]
    _encryption: IgnoredAny,
    #[serde(default, rename = "TimeToLiveSpecification")]
    _time_to_live: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Key {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Index {
    #[serde(rename = "IndexName")]
    name: String,
    key_schema: Vec<Key>,
    projection: Projected,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Projected {
    projection_type: String,
    #[serde(default)]
    non_key_attributes: Vec<String>,
}

impl Tables {
    /// Creates all tables of the template.
    pub async fn make(backend: &Backend) -> Self {
        let tables = Self { client: Client::new(backend.sdk()), backend: backend.clone() };
        for (id, table) in template::resources::<Table>("AWS::DynamoDB::Table") {
            let create = tables
                .client
                .create_table()
                .table_name(tables.name(&id))
                .billing_mode(BillingMode::from(table.billing_mode.as_str()))
                .set_attribute_definitions(Some(
                    table.attribute_definitions.into_iter().map(Into::into).collect(),
                ))
                .set_key_schema(Some(keys(table.key_schema)));
            let indexes: Vec<_> =
                table.global_secondary_indexes.into_iter().map(Into::into).collect();
            let create =
                create.set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes));
            create.send().await.unwrap_or_else(|error| panic!("{id}: {error:?}"));
        }
        tables
    }

    /// The name of the table with this logical id.
    #[must_use]
    pub fn name(&self, logical_id: &str) -> String {
        self.backend.named(logical_id)
    }

    /// Puts a row into a table, and replaces any with the same key.
    pub async fn put(
        &self,
        logical_id: &str,
        columns: Vec<(&'static str, impl Into<AttributeValue>)>,
    ) {
        let row =
            columns.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let put = self.client.put_item().table_name(self.name(logical_id)).set_item(Some(row));
        put.send().await.expect("the table takes the row");
    }

    /// Every row of a table.
    pub async fn rows(&self, logical_id: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(self.name(logical_id)).consistent_read(true);
        scan.send().await.expect("the table can be read").items.unwrap_or_default()
    }

    /// Every row of an index, with the projected attributes.
    pub async fn index_rows(
        &self,
        logical_id: &str,
        index: &str,
    ) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(self.name(logical_id)).index_name(index);
        scan.send().await.expect("the index can be read").items.unwrap_or_default()
    }
}

impl From<Attribute> for AttributeDefinition {
    fn from(Attribute { attribute_name, attribute_type }: Attribute) -> Self {
        let attribute = Self::builder()
            .attribute_name(attribute_name)
            .attribute_type(attribute_type.as_str().into());
        attribute.build().expect("a name and a type are given")
    }
}

impl From<Index> for GlobalSecondaryIndex {
    fn from(Index { name, key_schema, projection }: Index) -> Self {
        let attributes = projection.non_key_attributes;
        let projection = Projection::builder()
            .projection_type(projection.projection_type.as_str().into())
            .set_non_key_attributes((!attributes.is_empty()).then_some(attributes));
        let index = Self::builder().index_name(name).set_key_schema(Some(keys(key_schema)));
        index.projection(projection.build()).build().expect("a name and a key are given")
    }
}

fn keys(keys: Vec<Key>) -> Vec<KeySchemaElement> {
    let keys = keys.into_iter().map(|Key { attribute_name, key_type }| {
        let key = KeySchemaElement::builder()
            .attribute_name(attribute_name)
            .key_type(key_type.as_str().into());
        key.build().expect("a name and a type are given")
    });
    keys.collect()
}
