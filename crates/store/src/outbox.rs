//! The outbox: orders that are saved but not known to be published. A pending order has a flag in
//! its own row. A sparse index, which contains pending orders only, finds them by shard and age.

use std::collections::HashMap;
use std::num::NonZeroU8;
use std::time::Duration;

use aws_client::CallPolicy;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest};
use aws_types::SdkConfig;
use domain::{Order, OrderId, whole_seconds};
use jiff::Timestamp;
use telemetry::TraceParent;

use crate::client::client;
use crate::row::{Attributes, OUTBOX, Reader};
use crate::statements::{StatementError, execute};
use crate::{StoreError, Unreadable};

/// The pending flags in the orders table.
#[derive(Clone, Debug)]
pub struct Outbox {
    client: Client,
    table: String,
    shards: NonZeroU8,
}

/// A page of pending orders.
#[derive(Debug)]
pub struct Page {
    /// The orders; within a shard, oldest first.
    pub orders: Vec<PendingOrder>,
    /// Rows that are not valid orders.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Next>,
}

/// An order that is saved and not known to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOrder {
    /// The order.
    pub order: Order,
    /// The trace of the request that placed it, which a publish continues.
    pub trace: Option<TraceParent>,
}

/// Where a page begins.
#[derive(Clone, Debug)]
pub struct Next(pub(crate) Attributes);

/// The index of pending orders, named as in the template.
pub(crate) const INDEX: &str = "outbox";
/// The maximum number of orders in a page: ten SNS batches.
const PAGE: i32 = 100;
const ONCE: CallPolicy = CallPolicy {
    max_attempts: 1,
    attempt_timeout: Duration::from_millis(900),
    total_timeout: Duration::from_secs(1),
};

impl Outbox {
    /// Makes a client and opens its connection with a scan for orders from 1970. If that fails, the
    /// first sweep opens it.
    pub async fn connect(sdk: &SdkConfig, table: String, shards: NonZeroU8) -> Self {
        let outbox = Self { client: client(sdk, ONCE), table, shards };
        if let Err(error) = outbox.scan_pending(Timestamp::UNIX_EPOCH).await {
            tracing::warn!(%error, "DynamoDB did not answer at start-up");
        }
        outbox
    }

    /// The shard numbers.
    pub fn shards(&self) -> impl Iterator<Item = u8> + use<> {
        0..self.shards.get()
    }

    /// Returns all pending orders that were placed at `until` or before, or `None` if the outbox
    /// may contain more than a page. One request covers all shards, because the outbox is nearly
    /// always empty.
    pub async fn scan_pending(&self, until: Timestamp) -> Result<Option<Page>, StoreError> {
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .index_name(INDEX)
            .filter_expression("placed_at <= :until")
            .expression_attribute_values(":until", second(until))
            .limit(PAGE);
        let answer = scan.send().await.map_err(|error| StoreError::unavailable(&error))?;
        let page = page(&answer.items.unwrap_or_default(), answer.last_evaluated_key);
        if page.next.is_some() {
            return Ok(None);
        }
        Ok(Some(page))
    }

    /// Returns a page of a shard's pending orders that were placed at `until` or before. The index
    /// is eventually consistent: it may list an order that was published a moment ago.
    pub async fn query_shard(
        &self,
        shard: u8,
        until: Timestamp,
        from: Option<Next>,
    ) -> Result<Page, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("outbox = :shard AND placed_at <= :until")
            .expression_attribute_values(":shard", AttributeValue::N(shard.to_string()))
            .expression_attribute_values(":until", second(until))
            .set_exclusive_start_key(from.map(|Next(key)| key))
            .limit(PAGE);
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        Ok(page(&answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// Clears the pending flags of up to 25 orders in one request. Returns one result per order, in
    /// the order given. Call it only for orders that are known to be published.
    pub async fn clear(&self, ids: &[OrderId]) -> Vec<Result<(), StoreError>> {
        if ids.is_empty() {
            return vec![];
        }
        let statements = ids.iter().map(|id| self.clear_statement(*id)).collect();
        let done = execute(&self.client, statements).await.into_iter().map(|done| match done {
            // The order no longer exists, so neither does its flag.
            Err(StatementError::Rejected(BatchStatementErrorCodeEnum::ConditionalCheckFailed)) => {
                Ok(())
            }
            done => done.map_err(StoreError::from),
        });
        done.collect()
    }

    /// Like all `PartiQL` updates, this one does not create a missing row.
    fn clear_statement(&self, id: OrderId) -> BatchStatementRequest {
        BatchStatementRequest::builder()
            .statement(format!("UPDATE \"{}\" REMOVE {OUTBOX} WHERE id = ?", self.table))
            .parameters(AttributeValue::S(id.to_string()))
            .build()
            .expect("a statement is given")
    }
}

fn second(time: Timestamp) -> AttributeValue {
    AttributeValue::S(whole_seconds(time).to_string())
}

fn page(rows: &[Attributes], next: Option<Attributes>) -> Page {
    let mut page = Page { orders: vec![], unreadable: vec![], next: next.map(Next) };
    let pending =
        |reader: &Reader| Ok(PendingOrder { order: reader.order()?, trace: reader.trace() });
    for row in rows {
        match (Reader { table: "outbox", row }).or_unreadable("id", pending) {
            Ok(order) => page.orders.push(order),
            Err(unreadable) => page.unreadable.push(unreadable),
        }
    }
    page
}

/// Clears one pending flag, on condition that the row exists: an unconditional update would create
/// it.
pub(crate) async fn clear(client: &Client, table: &str, id: OrderId) -> Result<(), StoreError> {
    let update = client
        .update_item()
        .table_name(table)
        .set_key(Some(HashMap::from([("id".to_owned(), AttributeValue::S(id.to_string()))])))
        .update_expression(format!("REMOVE {OUTBOX}"))
        .condition_expression("attribute_exists(id)");
    let Err(error) = update.send().await else { return Ok(()) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
        _ => Err(StoreError::unavailable(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::{MockAws, order};
    use serde_json::json;

    const SHARDS: NonZeroU8 = NonZeroU8::new(16).unwrap();

    #[tokio::test]
    async fn shards_are_numbered_from_0() {
        let aws = MockAws::responding([(200, json!({}))]);
        let outbox = Outbox::connect(&aws.sdk(), "orders".to_owned(), SHARDS).await;
        assert!(outbox.shards().eq(0..16));
    }

    #[tokio::test]
    async fn pending_flag_is_cleared_only_on_existing_rows() {
        let error = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        let aws = MockAws::responding([(200, json!({})), (400, json!({"__type": error}))]);
        let id = order("81.50").id;
        for _existing in [true, false] {
            clear(&client(&aws.sdk(), ONCE), "orders", id).await.unwrap();
        }
        let [clear, _] = aws.requests();
        let (operation, body) = clear.json();
        assert_eq!(operation, "UpdateItem");
        let expected = json!({
            "TableName": "orders", "Key": {"id": {"S": id.to_string()}}, "UpdateExpression": "REMOVE outbox",
            "ConditionExpression": "attribute_exists(id)",
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn pending_flags_are_cleared_in_one_batch_request() {
        let answer = json!({"Responses": [
            {"TableName": "orders"},
            {"Error": {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}},
            {"Error": {"Code": "TransactionConflict", "Message": "Ada Lovelace"}},
        ]});
        let aws = MockAws::responding([(200, json!({})), (200, answer)]);
        let ids = [(); 3].map(|()| order("81.50").id);
        let cleared =
            Outbox::connect(&aws.sdk(), "orders".to_owned(), SHARDS).await.clear(&ids).await;
        let [_primed, clear] = aws.requests();
        let (operation, body) = clear.json();
        assert_eq!(operation, "BatchExecuteStatement");
        let statement = r#"UPDATE "orders" REMOVE outbox WHERE id = ?"#;
        let expected =
            ids.map(|id| json!({"Statement": statement, "Parameters": [{"S": id.to_string()}]}));
        assert_eq!(body["Statements"], json!(expected));
        let [Ok(()), Ok(()), Err(StoreError::Unavailable(why))] = &cleared[..] else {
            panic!("{cleared:?}")
        };
        assert_eq!(why, "TransactionConflict");
    }

    #[tokio::test]
    async fn clearing_no_orders_sends_no_request() {
        let aws = MockAws::responding([(200, json!({}))]);
        assert!(
            Outbox::connect(&aws.sdk(), "orders".to_owned(), SHARDS)
                .await
                .clear(&[])
                .await
                .is_empty()
        );
        let [_primed] = aws.requests();
    }

    #[tokio::test]
    async fn outbox_requests_are_not_retried() {
        let failed = (500, json!({}));
        let aws = MockAws::responding([(200, json!({})), failed.clone(), failed.clone(), failed]);
        let outbox = Outbox::connect(&aws.sdk(), "orders".to_owned(), SHARDS).await;
        let cleared = outbox.clear(&[order("81.50").id]).await;
        assert!(matches!(cleared[..], [Err(StoreError::Unavailable(_))]), "{cleared:?}");
        outbox.scan_pending(Timestamp::UNIX_EPOCH).await.unwrap_err();
        outbox.query_shard(0, Timestamp::UNIX_EPOCH, None).await.unwrap_err();
        let [_primed, _clear, _scan, _query] = aws.requests();
    }

    #[tokio::test]
    async fn incomplete_scan_returns_no_page() {
        let next = json!({"Items": [], "LastEvaluatedKey": {"id": {"S": "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11"}}});
        let aws = MockAws::responding([(200, json!({})), (200, json!({"Items": []})), (200, next)]);
        let outbox = Outbox::connect(&aws.sdk(), "orders".to_owned(), SHARDS).await;
        let seen = [
            outbox.scan_pending(Timestamp::now()).await.unwrap(),
            outbox.scan_pending(Timestamp::now()).await.unwrap(),
        ];
        assert_eq!(seen.map(|page| page.map(|page| page.orders)), [Some(vec![]), None]);
    }
}
