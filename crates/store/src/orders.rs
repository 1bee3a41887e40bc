//! The orders function's tables: their clients, and reading an order with its shipment, coupon and
//! invoice.

use std::num::NonZeroU8;
use std::time::Duration;

use aws_client::CallPolicy;
use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;
use domain::{Invoice, Order, OrderId, OrderView};

use crate::batch_get::{Rows, batch_get, consistent_keys};
use crate::client::{builder, client};
use crate::conflict::RetryConflicts;
use crate::row::{Attributes, OUTBOX, Reader};
use crate::{PendingOrder, StoreError, outbox};

/// The names of the tables that the orders function reads and writes.
#[derive(Clone, Debug)]
pub struct OrderTables {
    /// Written by the orders function, key `id`.
    pub orders: String,
    /// Written by fulfilment, key `order_id`.
    pub shipments: String,
    /// Inserted by promotion, updated by the orders function; key `order_id`.
    pub coupons: String,
    /// Written by invoicing, key `order_id`.
    pub invoices: String,
    /// Written by the orders function, key `idempotency_key`.
    pub idempotency_keys: String,
}

/// The orders function's access to the tables.
#[derive(Clone, Debug)]
pub struct Orders {
    pub(crate) write_client: Client,
    clear_client: Client,
    pub(crate) coupon_client: Client,
    pub(crate) read_client: Client,
    pub(crate) tables: OrderTables,
    pub(crate) shards: NonZeroU8,
}

pub(crate) const SAVE: CallPolicy = CallPolicy {
    max_attempts: 3,
    attempt_timeout: Duration::from_millis(350),
    total_timeout: Duration::from_millis(790),
};
/// For the pending flag: to clear it, and to read it for a repeated request.
const CLEAR: CallPolicy = CallPolicy {
    max_attempts: 1,
    attempt_timeout: Duration::from_millis(200),
    total_timeout: Duration::from_millis(200),
};
/// For looking up a coupon before the save.
const LOOK_UP: CallPolicy = CallPolicy {
    max_attempts: 2,
    attempt_timeout: Duration::from_millis(200),
    total_timeout: Duration::from_millis(330),
};
/// For each round; see [`READ_ROUNDS`].
const READ: CallPolicy = CallPolicy {
    max_attempts: 2,
    attempt_timeout: Duration::from_millis(300),
    total_timeout: Duration::from_millis(600),
};

/// The maximum number of requests for one read; see [`batch_get`].
const READ_ROUNDS: usize = 3;

impl Orders {
    /// Makes a client and opens its connection by reading a non-existent order. If that fails, the
    /// first request opens it.
    ///
    /// `shards` is the number of shards of the outbox index.
    pub async fn connect(sdk: &SdkConfig, tables: OrderTables, shards: NonZeroU8) -> Self {
        let write_config = builder(sdk, SAVE).retry_classifier(RetryConflicts).build();
        let orders = Self {
            write_client: Client::from_conf(write_config),
            clear_client: client(sdk, CLEAR),
            coupon_client: client(sdk, LOOK_UP),
            read_client: client(sdk, READ),
            tables,
            shards,
        };
        if let Err(error) = orders.read(OrderId::NIL).await {
            tracing::warn!(%error, "DynamoDB did not answer at start-up");
        }
        orders
    }

    /// Clears an order's pending flag.
    pub async fn clear_pending_flag(&self, id: OrderId) -> Result<(), StoreError> {
        outbox::clear(&self.clear_client, &self.tables.orders, id).await
    }

    /// Reads an order that is not known to be published; `None` if it is, or if there is no such
    /// order.
    pub async fn read_pending(&self, id: OrderId) -> Result<Option<PendingOrder>, StoreError> {
        let OrderTables { orders, .. } = &self.tables;
        let keys = [(orders.clone(), consistent_keys("id", &[id]))];
        let found = Found(batch_get(&self.clear_client, keys.into(), 1).await?);
        let row = found.row(orders).filter(|row| row.contains_key(OUTBOX));
        let pending = |row| {
            let reader = Reader { table: "orders", row };
            Ok(PendingOrder { order: reader.order()?, trace: reader.trace() })
        };
        row.map(pending).transpose()
    }

    /// Reads an order with its shipment and its coupon.
    pub async fn read(&self, id: OrderId) -> Result<Option<OrderView>, StoreError> {
        read(&self.read_client, &self.tables, id).await
    }

    /// Reads an order with its invoice, if it exists.
    pub async fn read_invoiced(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Option<Invoice>)>, StoreError> {
        read_invoiced(&self.read_client, &self.tables, id).await
    }
}

/// Reads an order, its shipment and its coupon in one strongly consistent request.
pub(crate) async fn read(
    client: &Client,
    tables: &OrderTables,
    id: OrderId,
) -> Result<Option<OrderView>, StoreError> {
    let OrderTables { orders, shipments, coupons, .. } = tables;
    let found =
        read_rows(client, id, [(orders, "id"), (shipments, "order_id"), (coupons, "order_id")])
            .await?;
    let Some(order) = found.row(orders) else { return Ok(None) };
    Ok(Some(OrderView::new(
        Reader { table: "orders", row: order }.order()?,
        found
            .row(shipments)
            .map(|row| Reader { table: "shipments", row }.shipment())
            .transpose()?,
        found.row(coupons).map(|row| Reader { table: "coupons", row }.coupon()).transpose()?,
    )))
}

/// Reads an order and its invoice in one strongly consistent request.
pub(crate) async fn read_invoiced(
    client: &Client,
    tables: &OrderTables,
    id: OrderId,
) -> Result<Option<(Order, Option<Invoice>)>, StoreError> {
    let OrderTables { orders, invoices, .. } = tables;
    let found = read_rows(client, id, [(orders, "id"), (invoices, "order_id")]).await?;
    let Some(order) = found.row(orders) else { return Ok(None) };
    let invoice =
        found.row(invoices).map(|row| Reader { table: "invoices", row }.invoice()).transpose()?;
    Ok(Some((Reader { table: "orders", row: order }.order()?, invoice)))
}

/// The rows of one order, by table.
struct Found(Rows);

impl Found {
    fn row(&self, table: &str) -> Option<&Attributes> {
        self.0.get(table)?.first()
    }
}

/// Reads an order's rows from tables with these keys, in one strongly consistent request.
async fn read_rows<const TABLES: usize>(
    client: &Client,
    id: OrderId,
    tables: [(&String, &str); TABLES],
) -> Result<Found, StoreError> {
    let keys = tables.map(|(table, key)| (table.clone(), consistent_keys(key, &[id])));
    Ok(Found(batch_get(client, keys.into(), READ_ROUNDS).await?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use aws_mock::{MockAws, order, shipment};
    use domain::Status;
    use serde_json::{Value, json};

    pub(crate) const SHARDS: NonZeroU8 = NonZeroU8::new(16).unwrap();

    pub(crate) async fn orders(aws: &MockAws) -> Orders {
        let tables = OrderTables {
            orders: "orders".to_owned(),
            shipments: "shipments".to_owned(),
            coupons: "coupons".to_owned(),
            invoices: "invoices".to_owned(),
            idempotency_keys: "keys".to_owned(),
        };
        Orders::connect(&aws.sdk(), tables, SHARDS).await
    }

    fn order_row(id: OrderId) -> Value {
        json!({
            "id": {"S": id.to_string()}, "customer": {"S": "Ada Lovelace"}, "amount": {"N": "81.5"},
            "placed_at": {"S": "2026-11-22T10:00:00Z"},
        })
    }

    #[tokio::test]
    async fn only_a_pending_order_is_read_as_pending() {
        let id = order("81.50").id;
        let mut pending = order_row(id);
        pending["outbox"] = json!({"N": "3"});
        for (rows, is_pending) in
            [(json!([pending]), true), (json!([order_row(id)]), false), (json!([]), false)]
        {
            let answer = json!({"Responses": {"orders": rows}, "UnprocessedKeys": {}});
            let aws = MockAws::responding([(200, json!({})), (200, answer)]);
            let read = orders(&aws).await.read_pending(id).await.unwrap();
            assert_eq!(read.map(|pending| pending.order.id), is_pending.then_some(id));
            let [_primed, read] = aws.requests();
            assert_eq!(read.json().1["RequestItems"], json!({"orders": keys_of("id", id)}));
        }
    }

    fn keys_of(attribute: &str, id: OrderId) -> Value {
        json!({"Keys": [{attribute: {"S": id.to_string()}}], "ConsistentRead": true})
    }

    #[tokio::test]
    async fn order_is_read_in_one_strongly_consistent_request() {
        let aws = MockAws::responding([(200, json!({})), (200, json!({}))]);
        let id = order("81.50").id;
        assert_eq!(orders(&aws).await.read(id).await.unwrap(), None);
        let [_primed, read] = aws.requests();
        let (operation, body) = read.json();
        assert_eq!(operation, "BatchGetItem");
        let expected = json!({
            "orders": keys_of("id", id), "shipments": keys_of("order_id", id), "coupons": keys_of("order_id", id),
        });
        assert_eq!(body["RequestItems"], expected);
    }

    #[tokio::test]
    async fn unprocessed_keys_are_requested_again() {
        let shipment = shipment(order("81.50").id);
        let id = shipment.order_id;
        let left = json!({"shipments": keys_of("order_id", id)});
        let shipment_row = json!({
            "order_id": {"S": id.to_string()}, "tracking_number": {"S": shipment.tracking_number.as_str()},
            "shipped_at": {"S": shipment.shipped_at.to_string()},
        });
        let aws = MockAws::responding([
            (200, json!({})),
            (200, json!({"Responses": {"orders": [order_row(id)]}, "UnprocessedKeys": left})),
            (200, json!({"Responses": {"shipments": [shipment_row]}, "UnprocessedKeys": {}})),
        ]);
        let read = orders(&aws).await.read(id).await.unwrap().unwrap();
        assert_eq!((read.id, read.status), (id, Status::Fulfilled));
        let [_primed, _first, second] = aws.requests();
        assert_eq!(second.json().1["RequestItems"], left);
    }

    #[tokio::test]
    async fn unprocessed_order_is_unavailable_not_unknown() {
        let id = order("81.50").id;
        let busy =
            (200, json!({"Responses": {}, "UnprocessedKeys": {"orders": keys_of("id", id)}}));
        let aws = MockAws::responding([(200, json!({})), busy.clone(), busy.clone(), busy]);
        let error = orders(&aws).await.read(id).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        let [_primed, _first, _second, _third] = aws.requests();
    }
}
