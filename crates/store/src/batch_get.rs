//! `BatchGetItem`, which may leave keys unread.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::OrderId;

use crate::StoreError;
use crate::row::Attributes;

/// Rows by table.
pub(crate) type Rows = HashMap<String, Vec<Attributes>>;

/// The rows of a table with these ids in the attribute `key`, to be read strongly consistently.
pub(crate) fn consistent_keys(key: &str, ids: &[OrderId]) -> KeysAndAttributes {
    let keys = ids.iter().map(|id| [(key.to_owned(), AttributeValue::S(id.to_string()))].into());
    KeysAndAttributes::builder()
        .set_keys(Some(keys.collect()))
        .consistent_read(true)
        .build()
        .expect("keys are given")
}

/// Reads rows by table and key. DynamoDB leaves keys unread when it is busy: they are requested again,
/// in up to `max_rounds` requests.
pub(crate) async fn batch_get(
    client: &Client,
    keys: HashMap<String, KeysAndAttributes>,
    max_rounds: usize,
) -> Result<Rows, StoreError> {
    let mut unread = keys;
    let mut rows = Rows::new();
    for _ in 0..max_rounds {
        let response = client
            .batch_get_item()
            .set_request_items(Some(unread))
            .send()
            .await
            .map_err(|error| StoreError::unavailable(&error))?;
        for (table, found) in response.responses.unwrap_or_default() {
            rows.entry(table).or_default().extend(found);
        }
        unread = response.unprocessed_keys.unwrap_or_default();
        if unread.is_empty() {
            return Ok(rows);
        }
    }
    Err(StoreError::Unavailable("keys of the batch were left unread".to_owned()))
}
