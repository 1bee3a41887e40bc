//! The orders function's tables: how it reaches them, and how it reads an order with all that became of it.

use std::collections::HashMap;
use std::num::NonZeroU8;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_types::SdkConfig;
use domain::{OrderId, OrderView};

use crate::client::{self, Budget};
use crate::conflict::RetryConflicts;
use crate::row::{Attributes, Reader};
use crate::{StoreError, outbox};

/// The names of the tables that the orders function reads and writes.
#[derive(Clone, Debug)]
pub struct OrderTables {
    /// Written by the orders function, key `id`.
    pub orders: String,
    /// Written by fulfilment, key `order_id`.
    pub shipments: String,
    /// Written by promotion, key `order_id`.
    pub coupons: String,
    /// Written by the orders function, key `idempotency_key`.
    pub idempotency_keys: String,
}

/// The orders function's view of the tables.
#[derive(Clone, Debug)]
pub struct Orders {
    pub(crate) saving: Client,
    clearing: Client,
    reading: Client,
    pub(crate) tables: OrderTables,
    pub(crate) shards: NonZeroU8,
}

const SAVE: Budget = Budget { attempts: 3, attempt: Duration::from_millis(350), whole: Duration::from_millis(850) };
const CLEAR: Budget = Budget { attempts: 1, attempt: Duration::from_millis(200), whole: Duration::from_millis(200) };
/// Of one round; see [`READ_ROUNDS`].
const READ: Budget = Budget { attempts: 2, attempt: Duration::from_millis(300), whole: Duration::from_millis(600) };

/// DynamoDB may leave keys of a batch unread when it is busy; so often is the rest asked for.
const READ_ROUNDS: usize = 3;

impl Orders {
    /// Makes a client and opens its connection by reading an order that does not exist. Should that fail, the
    /// first request opens it.
    ///
    /// `shards` is how many values the outbox mark is spread over.
    pub async fn connect(sdk: &SdkConfig, tables: OrderTables, shards: NonZeroU8) -> Self {
        let saving = client::config(sdk, SAVE).retry_classifier(RetryConflicts).build();
        let orders = Self {
            saving: Client::from_conf(saving),
            clearing: client::client(sdk, CLEAR),
            reading: client::client(sdk, READ),
            tables,
            shards,
        };
        if let Err(error) = orders.read(OrderId::NIL).await {
            tracing::warn!(%error, "DynamoDB did not answer at start-up");
        }
        orders
    }

    /// Takes away the mark that an order is not announced.
    pub async fn clear_mark(&self, id: OrderId) -> Result<(), StoreError> {
        outbox::clear(&self.clearing, &self.tables.orders, id).await
    }

    /// Reads an order, its shipment and its coupon in one strongly consistent request.
    pub async fn read(&self, id: OrderId) -> Result<Option<OrderView>, StoreError> {
        let OrderTables { orders, shipments, coupons, .. } = &self.tables;
        let keys = [(orders, "id"), (shipments, "order_id"), (coupons, "order_id")].map(|(table, key)| {
            let keys = KeysAndAttributes::builder()
                .keys([(key.to_owned(), AttributeValue::S(id.to_string()))].into())
                .consistent_read(true)
                .build();
            (table.clone(), keys.expect("one key is given"))
        });

        let mut asked = HashMap::from(keys);
        let mut found = HashMap::<String, Vec<Attributes>>::new();
        for _ in 0..READ_ROUNDS {
            let answer = self.reading.batch_get_item().set_request_items(Some(asked)).send().await;
            let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
            for (table, rows) in answer.responses.unwrap_or_default() {
                found.entry(table).or_default().extend(rows);
            }
            asked = answer.unprocessed_keys.unwrap_or_default();
            if asked.is_empty() {
                break;
            }
        }
        if !asked.is_empty() {
            return Err(StoreError::Unavailable("keys of the batch were left unread".to_owned()));
        }

        let row_of = |table: &str| found.get(table).and_then(|rows| rows.first());
        let Some(order) = row_of(orders) else { return Ok(None) };
        Ok(Some(OrderView::new(
            Reader { table: "orders", row: order }.order()?,
            row_of(shipments).map(|row| Reader { table: "shipments", row }.shipment()).transpose()?,
            row_of(coupons).map(|row| Reader { table: "coupons", row }.coupon()).transpose()?,
        )))
    }
}
