//! The operator's view of the tables: all that is in them, page by page, and orders by their ids.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_types::SdkConfig;
use domain::{Order, OrderId};
use telemetry::TraceParent;

use crate::client::{Budget, client};
use crate::outbox::Next;
use crate::row::{Attributes, OUTBOX, Reader};
use crate::{OrderTables, StoreError};

/// Reads whole tables, strongly consistent: a row that was written before a scan began is among what it gives.
#[derive(Clone, Debug)]
pub struct Audit {
    client: Client,
    tables: OrderTables,
}

/// Some rows of a table.
#[derive(Debug)]
pub struct Scanned<T> {
    /// The rows, in no order. A page may be empty and not the last.
    pub rows: Vec<T>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Next>,
}

/// An order as it lies in its table.
#[derive(Debug)]
pub struct SavedOrder {
    /// Its key.
    pub id: OrderId,
    /// The order, or which of its attributes cannot be read.
    pub order: Result<Order, StoreError>,
    /// The request that placed it.
    pub trace: Option<TraceParent>,
    /// Whether it has its outbox mark: it is not known to be announced.
    pub marked: bool,
}

/// A person waits, and may be far from the region: rather late than not at all.
pub(crate) const PATIENT: Budget =
    Budget { attempts: 5, attempt: Duration::from_secs(10), whole: Duration::from_secs(30) };

/// DynamoDB may leave keys of a batch unread when it is busy; so often is the rest asked for.
const READ_ROUNDS: usize = 10;

impl Audit {
    /// The most orders of one [`Self::orders_by_id`], DynamoDB's limit for `BatchGetItem`.
    pub const MAX_ORDERS: usize = 100;

    /// Makes a client for these tables; nothing is asked yet.
    #[must_use]
    pub fn of(sdk: &SdkConfig, tables: OrderTables) -> Self {
        Self { client: client(sdk, PATIENT), tables }
    }

    /// A page of all orders.
    pub async fn orders(&self, from: Option<Next>) -> Result<Scanned<SavedOrder>, StoreError> {
        self.scan(&self.tables.orders, None, from, saved).await
    }

    /// A page of the orders that have a shipment.
    pub async fn shipped(&self, from: Option<Next>) -> Result<Scanned<OrderId>, StoreError> {
        let shipped = |row: &Attributes| Reader { table: "shipments", row }.order_id();
        self.scan(&self.tables.shipments, Some("order_id"), from, shipped).await
    }

    /// A page of the orders that have earned a coupon.
    pub async fn rewarded(&self, from: Option<Next>) -> Result<Scanned<OrderId>, StoreError> {
        let rewarded = |row: &Attributes| Reader { table: "coupons", row }.order_id();
        self.scan(&self.tables.coupons, Some("order_id"), from, rewarded).await
    }

    /// Those of up to [`Self::MAX_ORDERS`] different orders that there are, in no order.
    pub async fn orders_by_id(&self, ids: &[OrderId]) -> Result<Vec<SavedOrder>, StoreError> {
        let keys = ids.iter().map(|id| HashMap::from([("id".to_owned(), AttributeValue::S(id.to_string()))]));
        let keys = KeysAndAttributes::builder().set_keys(Some(keys.collect())).consistent_read(true).build();
        let mut asked = HashMap::from([(self.tables.orders.clone(), keys.expect("keys are given"))]);
        let mut found = vec![];
        for _ in 0..READ_ROUNDS {
            let answer = self.client.batch_get_item().set_request_items(Some(asked)).send().await;
            let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            asked = answer.unprocessed_keys.unwrap_or_default();
            if asked.is_empty() {
                return found.iter().map(saved).collect();
            }
        }
        Err(StoreError::Unavailable("keys of the batch were left unread".to_owned()))
    }

    async fn scan<T>(
        &self,
        table: &str,
        only: Option<&str>,
        from: Option<Next>,
        read: impl Fn(&Attributes) -> Result<T, StoreError>,
    ) -> Result<Scanned<T>, StoreError> {
        let scan = self.client.scan().table_name(table).consistent_read(true);
        let scan = scan.set_projection_expression(only.map(str::to_owned));
        let answer = scan.set_exclusive_start_key(from.map(|Next(key)| key)).send().await;
        let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
        let rows = answer.items.unwrap_or_default().iter().map(read).collect::<Result<_, _>>()?;
        Ok(Scanned { rows, next: answer.last_evaluated_key.map(Next) })
    }
}

fn saved(row: &Attributes) -> Result<SavedOrder, StoreError> {
    let reader = Reader { table: "orders", row };
    Ok(SavedOrder { id: reader.id()?, order: reader.order(), trace: reader.trace(), marked: row.contains_key(OUTBOX) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_with_a_broken_attribute_still_has_its_id() {
        let id = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";
        let row = HashMap::from([("id".to_owned(), AttributeValue::S(id.to_owned()))]);
        let SavedOrder { id: read, order, trace: _, marked } = saved(&row).unwrap();
        assert_eq!((read.to_string().as_str(), marked), (id, false));
        assert_eq!(order.unwrap_err().to_string(), "a row of orders cannot be read: customer");
    }
}
