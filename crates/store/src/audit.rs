//! The operator's read access to all tables: page by page, and orders by id.

use aws_client::CallPolicy;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_types::SdkConfig;
use domain::{Coupon, Invoice, Order, OrderId, OrderView};
use telemetry::TraceParent;

use crate::batch_get::{batch_get, consistent_keys};
use crate::orders::{read, read_invoiced};
use crate::outbox::{self, INDEX, Next};
use crate::row::{Attributes, OUTBOX, Reader};
use crate::sequence::COUNTER;
use crate::{OrderTables, StoreError, Unreadable};

/// Reads whole tables with strongly consistent scans, which include every row written before the
/// scan began. An unreadable row is returned as an error beside the others.
#[derive(Clone, Debug)]
pub struct Audit {
    client: Client,
    tables: OrderTables,
}

/// Some rows of a table.
#[derive(Debug)]
pub struct Scanned<T> {
    /// The rows, in no particular order. A page may be empty without being the last.
    pub rows: Vec<T>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Next>,
}

/// An order as stored in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedOrder {
    /// The order.
    pub order: Order,
    /// The trace of the request that placed it.
    pub trace: Option<TraceParent>,
    /// Whether it has a pending flag: it is not known to be published.
    pub publish_pending: bool,
}

impl AsRef<Order> for SavedOrder {
    fn as_ref(&self) -> &Order {
        &self.order
    }
}

/// A row, or why it cannot be read.
type Read<T> = Result<T, Unreadable>;

/// The maximum number of requests for one read; see [`batch_get`].
const READ_ROUNDS: usize = 10;

impl Audit {
    /// The maximum number of orders in one [`Self::orders_by_id`], DynamoDB's limit for
    /// `BatchGetItem`.
    pub const MAX_ORDERS: usize = 100;

    /// Makes a client for these tables, without a request.
    #[must_use]
    pub fn of(sdk: &SdkConfig, tables: OrderTables) -> Self {
        Self { client: Client::new(&CallPolicy::PATIENT.apply(sdk)), tables }
    }

    /// Returns a page of all orders.
    pub async fn orders(
        &self,
        from: Option<Next>,
    ) -> Result<Scanned<Read<SavedOrder>>, StoreError> {
        self.scan(self.consistent(&self.tables.orders), from, saved).await
    }

    /// Returns a page of pending orders of all shards. The index is eventually consistent.
    pub async fn pending(&self, from: Option<Next>) -> Result<Scanned<Read<Order>>, StoreError> {
        let read = |row: &_| Reader { table: "outbox", row }.or_unreadable("id", Reader::order);
        let index = self.client.scan().table_name(&self.tables.orders).index_name(INDEX);
        self.scan(index, from, read).await
    }

    /// Returns a page of the ids of orders with a shipment.
    pub async fn shipped(&self, from: Option<Next>) -> Result<Scanned<Read<OrderId>>, StoreError> {
        let shipment = |reader: &Reader| reader.shipment().map(|shipment| shipment.order_id);
        let read = |row: &_| Reader { table: "shipments", row }.or_unreadable("order_id", shipment);
        self.scan(self.consistent(&self.tables.shipments), from, read).await
    }

    /// Returns a page of the ids of orders with an invoice.
    pub async fn invoiced(&self, from: Option<Next>) -> Result<Scanned<Read<OrderId>>, StoreError> {
        let invoice = |reader: &Reader| reader.invoice().map(|invoice| invoice.order_id);
        let read = |row: &_| Reader { table: "invoices", row }.or_unreadable("order_id", invoice);
        let invoices = self
            .consistent(&self.tables.invoices)
            .filter_expression("order_id <> :counter")
            .expression_attribute_values(":counter", AttributeValue::S(COUNTER.to_owned()));
        self.scan(invoices, from, read).await
    }

    /// Returns a page of all coupons.
    pub async fn coupons(&self, from: Option<Next>) -> Result<Scanned<Read<Coupon>>, StoreError> {
        let read =
            |row: &_| Reader { table: "coupons", row }.or_unreadable("order_id", Reader::coupon);
        self.scan(self.consistent(&self.tables.coupons), from, read).await
    }

    /// Reads an order, its shipment and its coupon in one strongly consistent request.
    pub async fn order_view(&self, id: OrderId) -> Result<Option<OrderView>, StoreError> {
        read(&self.client, &self.tables, id).await
    }

    /// Reads an order's invoice, if it exists.
    pub async fn invoice(&self, id: OrderId) -> Result<Option<Invoice>, StoreError> {
        let found = read_invoiced(&self.client, &self.tables, id).await?;
        Ok(found.and_then(|(_, invoice)| invoice))
    }

    /// Clears an order's pending flag. Call it only for an order that is known to be published.
    pub async fn clear_pending_flag(&self, id: OrderId) -> Result<(), StoreError> {
        outbox::clear(&self.client, &self.tables.orders, id).await
    }

    /// Returns the existing orders among up to [`Self::MAX_ORDERS`] different ids, in no particular
    /// order.
    pub async fn orders_by_id(&self, ids: &[OrderId]) -> Result<Vec<Read<SavedOrder>>, StoreError> {
        let keys = [(self.tables.orders.clone(), consistent_keys("id", ids))];
        let rows = batch_get(&self.client, keys.into(), READ_ROUNDS).await?;
        Ok(rows.values().flatten().map(saved).collect())
    }

    fn consistent(&self, table: &str) -> ScanFluentBuilder {
        self.client.scan().table_name(table).consistent_read(true)
    }

    async fn scan<T>(
        &self,
        scan: ScanFluentBuilder,
        from: Option<Next>,
        read: impl Fn(&Attributes) -> T,
    ) -> Result<Scanned<T>, StoreError> {
        let answer = scan.set_exclusive_start_key(from.map(|Next(key)| key)).send().await;
        let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
        let rows = answer.items.unwrap_or_default().iter().map(read).collect();
        Ok(Scanned { rows, next: answer.last_evaluated_key.map(Next) })
    }
}

fn saved(row: &Attributes) -> Read<SavedOrder> {
    let publish_pending = row.contains_key(OUTBOX);
    let saved = |reader: &Reader| {
        Ok(SavedOrder { order: reader.order()?, trace: reader.trace(), publish_pending })
    };
    Reader { table: "orders", row }.or_unreadable("id", saved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn unreadable_row_error_names_the_row() {
        let id = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";
        let row = |id: &str| HashMap::from([("id".to_owned(), AttributeValue::S(id.to_owned()))]);
        for (key, wrong) in [(id, "customer"), ("junk", "id")] {
            let unreadable = saved(&row(key)).unwrap_err();
            assert_eq!(unreadable.key, key);
            assert_eq!(
                unreadable.error.to_string(),
                format!("a row of orders cannot be read: {wrong}")
            );
        }
    }
}
