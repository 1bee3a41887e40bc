//! What the orders function does with tables: save an order, and read one with all that became of it.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use aws_types::SdkConfig;
use domain::{Order, OrderId, OrderView};

use crate::StoreError;
use crate::row::{Attributes, Reader, from_order};

/// The names of the tables an order is read from.
#[derive(Clone, Debug)]
pub struct OrderTables {
    /// Written by the orders function, key `id`.
    pub orders: String,
    /// Written by fulfilment, key `order_id`.
    pub shipments: String,
    /// Written by promotion, key `order_id`.
    pub coupons: String,
}

/// The orders function's view of the tables.
#[derive(Clone, Debug)]
pub struct Orders {
    client: Client,
    tables: OrderTables,
}

/// DynamoDB may leave keys of a batch unread when it is busy; so often is the rest asked for.
const READ_ROUNDS: usize = 3;

impl Orders {
    /// Makes a client and opens its connection by reading an order that does not exist. Should that fail, the
    /// first request opens it.
    pub async fn connect(sdk: &SdkConfig, tables: OrderTables) -> Self {
        let orders = Self { client: Client::new(sdk), tables };
        if let Err(error) = orders.read(OrderId::NIL).await {
            tracing::warn!(%error, "DynamoDB did not answer at start-up");
        }
        orders
    }

    /// Saves a new order. Saving the very same order again is success: when DynamoDB's answer was lost, the SDK's
    /// second attempt finds what the first one wrote.
    pub async fn save(&self, order: &Order) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.orders)
            .set_item(Some(from_order(order)))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) if is_same(failed.item(), order) => Ok(()),
            _ => Err(StoreError::unavailable(&error)),
        }
    }

    /// Reads an order, its shipment and its coupon in one strongly consistent request.
    pub async fn read(&self, id: OrderId) -> Result<Option<OrderView>, StoreError> {
        let OrderTables { orders, shipments, coupons } = &self.tables;
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
            let answer = self.client.batch_get_item().set_request_items(Some(asked)).send().await;
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

fn is_same(row: Option<&Attributes>, order: &Order) -> bool {
    row.and_then(|row| Reader { table: "orders", row }.order().ok()).is_some_and(|saved| saved == *order)
}
