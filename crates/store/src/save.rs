//! One write that carries the order, its outbox mark and, for a request that may come twice, the key that makes it one.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::{IdempotencyKey, Order, OrderId};
use telemetry::TraceParent;

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
    pub async fn save(&self, order: &Order, trace: TraceParent) -> Result<(), StoreError> {
        let put = self
            .saving
            .put_item()
            .table_name(&self.tables.orders)
            .set_item(Some(from_order(order, trace, self.shards)))
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
    pub async fn save_once(&self, order: &Order, trace: TraceParent, claim: &Claim) -> Result<Claimed, StoreError> {
        let now = order.placed_at.as_second();
        let key = Put::builder()
            .table_name(&self.tables.idempotency_keys)
            .set_item(Some(from_claim(claim, order.id, now + KEY_VALIDITY)))
            .condition_expression("attribute_not_exists(idempotency_key) OR expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let order_put = Put::builder()
            .table_name(&self.tables.orders)
            .set_item(Some(from_order(order, trace, self.shards)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::tests::{SHARDS, orders};
    use contract::{Scripted, order};
    use serde_json::{Value, json};

    /// An AWS whose first answer is for the opening of the connection.
    fn aws(answers: impl IntoIterator<Item = (u16, Value)>) -> Scripted {
        Scripted::answering([(200, json!({}))].into_iter().chain(answers))
    }

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn trace() -> TraceParent {
        TRACE.parse().unwrap()
    }

    fn claim() -> Claim {
        Claim { key: "k".parse().unwrap(), fingerprint: "f".to_owned(), answer: "first".to_owned() }
    }

    fn row(order: &Order) -> Value {
        json!({
            "id": {"S": order.id.to_string()}, "customer": {"S": "Ada Lovelace"}, "amount": {"N": "81.50"},
            "placed_at": {"S": "2026-11-22T10:00:00Z"}, "outbox": {"N": order.id.shard(SHARDS).to_string()},
            "traceparent": {"S": TRACE},
        })
    }

    fn error(kind: &str, more: &Value) -> (u16, Value) {
        let mut body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "no"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (400, body)
    }

    fn cancelled(codes: [&str; 2]) -> (u16, Value) {
        let reasons = codes.map(|code| json!({"Code": code}));
        error("TransactionCanceledException", &json!({"CancellationReasons": reasons}))
    }

    #[tokio::test]
    async fn one_put_carries_the_order_and_its_mark_if_there_is_no_such_order() {
        let aws = aws([(200, json!({}))]);
        let order = order("81.50");
        orders(&aws).await.save(&order, trace()).await.unwrap();
        let [_primed, put] = aws.asked();
        let (operation, body) = put.json();
        assert_eq!(operation, "PutItem");
        let expected = json!({
            "TableName": "orders", "Item": row(&order), "ConditionExpression": "attribute_not_exists(id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn a_put_whose_answer_was_lost_is_found_by_the_next_attempt() {
        let order = order("81.50");
        let found = error("ConditionalCheckFailedException", &json!({"Item": row(&order)}));
        let aws = aws([(500, json!({})), found]);
        orders(&aws).await.save(&order, trace()).await.unwrap();
        let [_primed, _lost, _found] = aws.asked();
    }

    #[tokio::test]
    async fn a_failed_condition_that_shows_no_row_is_no_success() {
        let aws = aws([error("ConditionalCheckFailedException", &json!({}))]);
        orders(&aws).await.save(&order("81.50"), trace()).await.unwrap_err();
    }

    #[tokio::test]
    async fn one_transaction_holds_the_key_and_the_order_with_its_mark() {
        let aws = aws([(200, json!({}))]);
        let order = order("81.50");
        assert_eq!(orders(&aws).await.save_once(&order, trace(), &claim()).await.unwrap(), Claimed::Now);
        let [_primed, write] = aws.asked();
        let (operation, body) = write.json();
        assert_eq!(operation, "TransactWriteItems");
        let placed_at = order.placed_at.as_second();
        let key = json!({
            "idempotency_key": {"S": "k"}, "fingerprint": {"S": "f"}, "order_id": {"S": order.id.to_string()},
            "answer": {"S": "first"}, "expires_at": {"N": (placed_at + 86_400).to_string()},
        });
        let expected = json!([
            {"Put": {
                "TableName": "keys", "Item": key,
                "ConditionExpression": "attribute_not_exists(idempotency_key) OR expires_at <= :now",
                "ExpressionAttributeValues": {":now": {"N": placed_at.to_string()}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }},
            {"Put": {"TableName": "orders", "Item": row(&order), "ConditionExpression": "attribute_not_exists(id)"}},
        ]);
        assert_eq!(body["TransactItems"], expected);
    }

    #[tokio::test]
    async fn a_transaction_that_met_another_is_tried_again() {
        let aws = aws([cancelled(["TransactionConflict", "None"]), (200, json!({}))]);
        assert_eq!(orders(&aws).await.save_once(&order("81.50"), trace(), &claim()).await.unwrap(), Claimed::Now);
        let [_primed, _first, _second] = aws.asked();
    }

    #[tokio::test]
    async fn a_transaction_that_meets_others_for_ever_is_unavailable_and_not_a_used_key() {
        let conflict = || cancelled(["TransactionConflict", "None"]);
        let aws = aws([conflict(), conflict(), conflict()]);
        let error = orders(&aws).await.save_once(&order("81.50"), trace(), &claim()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        let [_primed, _first, _second, _third] = aws.asked();
    }

    #[tokio::test]
    async fn a_condition_that_failed_is_not_tried_again() {
        let aws = aws([cancelled(["TransactionConflict", "ConditionalCheckFailed"])]);
        orders(&aws).await.save_once(&order("81.50"), trace(), &claim()).await.unwrap_err();
        let [_primed, _only] = aws.asked();
    }

    #[tokio::test]
    async fn a_token_that_met_itself_is_replaced_and_the_table_asked() {
        let aws = aws([error("IdempotentParameterMismatchException", &json!({})), (200, json!({}))]);
        assert_eq!(orders(&aws).await.save_once(&order("81.50"), trace(), &claim()).await.unwrap(), Claimed::Now);
        let [_primed, first, second] = aws.asked();
        let [first, second] = [first, second].map(|asked| asked.json().1["ClientRequestToken"].clone());
        assert!(first.is_string() && second.is_string() && first != second, "{first} {second}");
    }
}
