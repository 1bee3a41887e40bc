//! One write that carries the order, its outbox mark and, for a request that may come twice, the key that makes it one.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::{IdempotencyKey, Order, OrderId};

use crate::row::{Attributes, Reader, from_claim, from_order};
use crate::{Orders, StoreError};

/// What a request with an idempotency key leaves behind, for the next one with the same key.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The request's key.
    pub key: IdempotencyKey,
    /// What tells its body from any other.
    pub fingerprint: String,
    /// The body it is answered with.
    pub answer: String,
}

/// What became of a request with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The key was free: the order is saved.
    Now,
    /// The same request was accepted before: nothing is saved, and its answer is to be given again.
    Before {
        /// The order it made.
        order_id: OrderId,
        /// The body it was answered with.
        answer: String,
    },
    /// Another request was accepted with this key: nothing is saved.
    ByAnother {
        /// The order that one made.
        order_id: OrderId,
    },
}

/// For how long a key stands for its request, in seconds.
const KEY_VALIDITY: i64 = 24 * 60 * 60;

impl Orders {
    /// Saves a new order, marked as not yet announced. Saving the very same order again is success: when DynamoDB's
    /// answer was lost, the SDK's second attempt finds what the first one wrote.
    pub async fn save(&self, order: &Order) -> Result<(), StoreError> {
        let put = self
            .saving
            .put_item()
            .table_name(&self.tables.orders)
            .set_item(Some(from_order(order, self.shards)))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) if is_same(failed.item(), order) => Ok(()),
            _ => Err(StoreError::unavailable(&error)),
        }
    }

    /// Saves a new order unless its request's key was used before; all of it in one transaction. The key outranks
    /// everything. A key is free when there is none, or when it has expired: that DynamoDB deletes expired rows is
    /// only tidiness.
    pub async fn save_once(&self, order: &Order, claim: &Claim) -> Result<Claimed, StoreError> {
        let now = order.placed_at.as_second();
        let key = Put::builder()
            .table_name(&self.tables.idempotency_keys)
            .set_item(Some(from_claim(claim, order.id, now + KEY_VALIDITY)))
            .condition_expression("attribute_not_exists(idempotency_key) OR expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let order_put = Put::builder()
            .table_name(&self.tables.orders)
            .set_item(Some(from_order(order, self.shards)))
            .condition_expression("attribute_not_exists(id)");
        let writes = [key, order_put].map(|put| {
            let put = put.build().expect("a table and an item are given");
            TransactWriteItem::builder().put(put).build()
        });
        let write = self.saving.transact_write_items().set_transact_items(Some(writes.into()));
        let mut written = write.clone().send().await;
        if written.as_ref().is_err_and(is_mismatch) {
            // The SDK's own token met itself: an earlier attempt got through and its answer was lost. A call of its own
            // asks the table, which knows.
            written = write.send().await;
        }
        let Err(error) = written else { return Ok(Claimed::Now) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                match cancelled.cancellation_reasons().first().and_then(CancellationReason::item) {
                    Some(row) => claimed(row, order, claim),
                    None => Err(StoreError::unavailable(&error)),
                }
            }
            _ => Err(StoreError::unavailable(&error)),
        }
    }
}

fn is_mismatch<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    error.as_service_error().is_some_and(TransactWriteItemsError::is_idempotent_parameter_mismatch_exception)
}

/// Whose key it is that was there already.
fn claimed(row: &Attributes, order: &Order, claim: &Claim) -> Result<Claimed, StoreError> {
    let first = Reader { table: "idempotency keys", row }.claimed()?;
    Ok(if first.order_id == order.id {
        Claimed::Now
    } else if first.fingerprint == claim.fingerprint {
        Claimed::Before { order_id: first.order_id, answer: first.answer }
    } else {
        Claimed::ByAnother { order_id: first.order_id }
    })
}

fn is_same(row: Option<&Attributes>, order: &Order) -> bool {
    row.and_then(|row| Reader { table: "orders", row }.order().ok()).is_some_and(|saved| saved == *order)
}
