//! Saves an order with its pending flag in one write, together with its idempotency key and its
//! spent coupon.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::{Coupon, Order, OrderId};
use telemetry::TraceParent;
use tokio::time::{Instant, timeout_at};

use crate::claim::existing_claim_outcome;
use crate::coupons::is_spent_on;
use crate::orders::SAVE;
use crate::row::{Attributes, Reader, from_order};
use crate::{Claim, Orders, StoreError};

/// The result of saving an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It is saved.
    Created,
    /// The same request was accepted before. Nothing is saved; repeat the earlier response.
    Replayed {
        /// The order that the earlier request placed.
        order_id: OrderId,
        /// The body of the earlier response.
        answer: String,
    },
    /// Another request was accepted with this key. Nothing is saved.
    KeyConflict {
        /// The order that the other request placed.
        order_id: OrderId,
    },
    /// The coupon is spent, expired, or has changed since it was read. Nothing is saved.
    CouponRejected,
}

impl Orders {
    /// Saves a new order with its pending flag. Saving the identical order again succeeds: if
    /// DynamoDB's response is lost, the SDK's second attempt finds the row of the first.
    pub async fn save(&self, order: &Order, trace: TraceParent) -> Result<(), StoreError> {
        let put = self
            .write_client
            .put_item()
            .table_name(&self.tables.orders)
            .set_item(Some(from_order(order, trace, self.shards)))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed))
                if is_same(failed.item(), order) =>
            {
                Ok(())
            }
            _ => Err(StoreError::unavailable(&error)),
        }
    }

    /// Saves a new order in one transaction, unless its key is in use or its coupon cannot be
    /// spent. The key is checked first: a repeated request that spent its own coupon gets its
    /// earlier response.
    pub async fn save_with(
        &self,
        order: &Order,
        trace: TraceParent,
        claim: Option<&Claim>,
        coupon: Option<&Coupon>,
    ) -> Result<SaveOutcome, StoreError> {
        let order_put = Put::builder()
            .table_name(&self.tables.orders)
            .set_item(Some(from_order(order, trace, self.shards)))
            .condition_expression("attribute_not_exists(id)")
            .build()
            .expect("a table and an item are given");
        let item = TransactWriteItem::builder;
        let writes = [
            claim.map(|claim| item().put(self.put_claim(order, claim)).build()),
            Some(item().put(order_put).build()),
            coupon.map(|coupon| item().update(self.update_spend_coupon(coupon, order)).build()),
        ];
        let writes = writes.into_iter().flatten().collect();
        let write = self.write_client.transact_write_items().set_transact_items(Some(writes));
        let time_is_up = Instant::now() + SAVE.total_timeout;
        let mut written = write.clone().send().await;
        if written.as_ref().is_err_and(is_mismatch) {
            // The response of an earlier attempt was lost. A second call has a new
            // ClientRequestToken, so it reads what the first one wrote.
            written = timeout_at(time_is_up, write.send())
                .await
                .map_err(|_| StoreError::Unavailable("no time left to ask again".to_owned()))?;
        }
        let Err(error) = written else { return Ok(SaveOutcome::Created) };
        let classified = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                classify_cancellation(cancelled.cancellation_reasons(), order, claim, coupon)
            }
            _ => None,
        };
        classified.unwrap_or_else(|| Err(StoreError::unavailable(&error)))
    }
}

fn is_mismatch<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(TransactWriteItemsError::is_idempotent_parameter_mismatch_exception)
}

/// Returns the outcome of a cancelled transaction, or `None` if it is unknown. There is one reason
/// per write, in the order of the writes. If the key's row exists, it decides. Otherwise the
/// outcome is unknown if the key's reason is not `None`, or if any reason is `TransactionConflict`.
fn classify_cancellation(
    reasons: &[CancellationReason],
    order: &Order,
    claim: Option<&Claim>,
    coupon: Option<&Coupon>,
) -> Option<Result<SaveOutcome, StoreError>> {
    let is = |reason: &CancellationReason, code| reason.code() == Some(code);
    let mut reasons_left = reasons.iter();
    if let Some(claim) = claim {
        let key = reasons_left.next()?;
        if let Some(row) = key.item() {
            return Some(existing_claim_outcome(row, order, claim));
        }
        if !is(key, "None") {
            return None;
        }
    }
    let (_order, refused) = (reasons_left.next()?, coupon.and(reasons_left.next())?);
    if reasons.iter().any(|reason| is(reason, "TransactionConflict"))
        || !is(refused, "ConditionalCheckFailed")
    {
        return None;
    }
    let own = refused.item().is_some_and(|row| is_spent_on(row, order));
    Some(Ok(if own { SaveOutcome::Created } else { SaveOutcome::CouponRejected }))
}

fn is_same(row: Option<&Attributes>, order: &Order) -> bool {
    row.and_then(|row| Reader { table: "orders", row }.order().ok())
        .is_some_and(|saved| saved == *order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::tests::{SHARDS, orders};
    use aws_mock::{MockAws, coupon, order};
    use serde_json::{Value, json};

    /// A mock whose first response is for the request that opens the connection.
    fn aws(answers: impl IntoIterator<Item = (u16, Value)>) -> MockAws {
        MockAws::responding([(200, json!({}))].into_iter().chain(answers))
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
        let mut body =
            json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "no"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (400, body)
    }

    fn cancelled<const WRITES: usize>(codes: [&str; WRITES]) -> (u16, Value) {
        because(&codes.map(|code| json!({"Code": code})))
    }

    fn because(reasons: &[Value]) -> (u16, Value) {
        error("TransactionCanceledException", &json!({"CancellationReasons": reasons}))
    }

    fn good() -> Coupon {
        Coupon { order_id: OrderId::NIL, ..coupon("ABCDEFGHJKLM") }
    }

    /// A failed condition on a coupon that was spent on this order.
    fn spent_by(order: OrderId) -> Value {
        let row = json!({"order_id": {"S": OrderId::NIL.to_string()}, "spent_by": {"S": order.to_string()}});
        json!({"Code": "ConditionalCheckFailed", "Item": row})
    }

    fn none() -> Value {
        json!({"Code": "None"})
    }

    fn failed() -> Value {
        json!({"Code": "ConditionalCheckFailed"})
    }

    /// Saves an order with a coupon, and optionally a key, against a mock with this response.
    async fn spend(
        order: &Order,
        with_key: bool,
        answers: Vec<(u16, Value)>,
    ) -> (MockAws, Result<SaveOutcome, StoreError>) {
        let (aws, claim, coupon) = (aws(answers), claim(), good());
        let saved = orders(&aws)
            .await
            .save_with(order, trace(), with_key.then_some(&claim), Some(&coupon))
            .await;
        (aws, saved)
    }

    /// Saves an order with a key against a mock with these responses.
    async fn save_with_key(
        order: &Order,
        answers: Vec<(u16, Value)>,
    ) -> (MockAws, Result<SaveOutcome, StoreError>) {
        let aws = aws(answers);
        let saved = orders(&aws).await.save_with(order, trace(), Some(&claim()), None).await;
        (aws, saved)
    }

    #[tokio::test]
    async fn put_writes_a_new_order_with_its_pending_flag() {
        let aws = aws([(200, json!({}))]);
        let order = order("81.50");
        orders(&aws).await.save(&order, trace()).await.unwrap();
        let [_primed, put] = aws.requests();
        let (operation, body) = put.json();
        assert_eq!(operation, "PutItem");
        let expected = json!({
            "TableName": "orders", "Item": row(&order), "ConditionExpression": "attribute_not_exists(id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn put_retry_succeeds_after_a_lost_response() {
        let order = order("81.50");
        let found = error("ConditionalCheckFailedException", &json!({"Item": row(&order)}));
        let aws = aws([(500, json!({})), found]);
        orders(&aws).await.save(&order, trace()).await.unwrap();
        let [_primed, _lost, _found] = aws.requests();
    }

    #[tokio::test]
    async fn failed_condition_without_a_row_is_an_error() {
        let aws = aws([error("ConditionalCheckFailedException", &json!({}))]);
        orders(&aws).await.save(&order("81.50"), trace()).await.unwrap_err();
    }

    #[tokio::test]
    async fn transaction_writes_key_and_order_with_pending_flag() {
        let order = order("81.50");
        let (aws, saved) = save_with_key(&order, vec![(200, json!({}))]).await;
        assert_eq!(saved.unwrap(), SaveOutcome::Created);
        let [_primed, write] = aws.requests();
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
    async fn transaction_conflict_is_retried() {
        let answers = vec![cancelled(["TransactionConflict", "None"]), (200, json!({}))];
        let (aws, saved) = save_with_key(&order("81.50"), answers).await;
        assert_eq!(saved.unwrap(), SaveOutcome::Created);
        let [_primed, _first, _second] = aws.requests();
    }

    #[tokio::test]
    async fn repeated_conflict_is_unavailable_not_key_conflict() {
        let conflicts = vec![cancelled(["TransactionConflict", "None"]); 3];
        let (aws, saved) = save_with_key(&order("81.50"), conflicts).await;
        assert!(matches!(saved, Err(StoreError::Unavailable(_))), "{saved:?}");
        let [_primed, _first, _second, _third] = aws.requests();
    }

    #[tokio::test]
    async fn failed_condition_is_not_retried() {
        let answers = vec![cancelled(["ConditionalCheckFailed", "None"])];
        let (aws, saved) = save_with_key(&order("81.50"), answers).await;
        saved.unwrap_err();
        let [_primed, _only] = aws.requests();
    }

    #[tokio::test]
    async fn token_mismatch_is_retried_with_a_new_token() {
        let mismatch = error("IdempotentParameterMismatchException", &json!({}));
        let (aws, saved) = save_with_key(&order("81.50"), vec![mismatch, (200, json!({}))]).await;
        assert_eq!(saved.unwrap(), SaveOutcome::Created);
        let [_primed, first, second] = aws.requests();
        let [first, second] =
            [first, second].map(|asked| asked.json().1["ClientRequestToken"].clone());
        assert!(first.is_string() && second.is_string() && first != second, "{first} {second}");
    }

    /// The pause before the attempt is part of the call's time, which must not be over.
    #[tokio::test]
    async fn conflict_after_a_token_mismatch_is_retried() {
        let mismatch = error("IdempotentParameterMismatchException", &json!({}));
        let conflict = cancelled(["TransactionConflict", "None"]);
        let answers = vec![mismatch, conflict, (200, json!({}))];
        let (_, saved) = save_with_key(&order("81.50"), answers).await;
        assert_eq!(saved.unwrap(), SaveOutcome::Created);
    }

    #[tokio::test]
    async fn transaction_writes_key_order_and_coupon_spend() {
        let order = order("81.50");
        let (aws, saved) = spend(&order, true, vec![(200, json!({}))]).await;
        assert_eq!(saved.unwrap(), SaveOutcome::Created);
        let [_primed, write] = aws.requests();
        let (operation, body) = write.json();
        assert_eq!(operation, "TransactWriteItems");
        let [key, order_put, coupon_update] = body["TransactItems"].as_array().unwrap().as_slice()
        else {
            panic!("{body}")
        };
        assert_eq!(
            (&key["Put"]["TableName"], &order_put["Put"]["TableName"]),
            (&json!("keys"), &json!("orders"))
        );
        let expected = json!({"Update": {
            "TableName": "coupons", "Key": {"order_id": {"S": good().order_id.to_string()}},
            "UpdateExpression": "SET spent_by = :order, spent_at = :now",
            "ConditionExpression":
                "code = :code AND #percent = :percent AND attribute_not_exists(spent_by) AND expires_at > :now",
            "ExpressionAttributeNames": {"#percent": "percent"},
            "ExpressionAttributeValues": {
                ":order": {"S": order.id.to_string()}, ":now": {"S": "2026-11-22T10:00:00Z"},
                ":code": {"S": "ABCDEFGHJKLM"}, ":percent": {"N": "20"},
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }});
        assert_eq!(*coupon_update, expected);
    }

    #[tokio::test]
    async fn transaction_without_key_writes_order_and_coupon() {
        let (aws, saved) = spend(&order("81.50"), false, vec![(200, json!({}))]).await;
        assert_eq!(saved.unwrap(), SaveOutcome::Created);
        let [_primed, write] = aws.requests();
        let tables =
            |write: &Value| [&write["Put"], &write["Update"]].map(|of| of["TableName"].clone());
        let written: Vec<_> =
            write.json().1["TransactItems"].as_array().unwrap().iter().flat_map(tables).collect();
        assert_eq!(json!(written), json!(["orders", null, null, "coupons"]));
    }

    #[tokio::test]
    async fn failed_coupon_condition_is_rejected_without_retry() {
        let other = order("12.00").id;
        for refused in [failed(), spent_by(other)] {
            let (aws, saved) =
                spend(&order("81.50"), true, vec![because(&[none(), none(), refused.clone()])])
                    .await;
            assert_eq!(saved.unwrap(), SaveOutcome::CouponRejected, "{refused}");
            let [_primed, _only] = aws.requests();
            let (_, saved) = spend(&order("81.50"), false, vec![because(&[none(), refused])]).await;
            assert_eq!(saved.unwrap(), SaveOutcome::CouponRejected);
        }
    }

    #[tokio::test]
    async fn coupon_already_spent_by_this_order_is_success() {
        let order = order("81.50");
        let found = because(&[failed(), spent_by(order.id)]);
        let (aws, saved) = spend(&order, false, vec![(500, json!({})), found]).await;
        assert_eq!(saved.unwrap(), SaveOutcome::Created);
        let [_primed, _lost, _found] = aws.requests();
    }

    #[tokio::test]
    async fn key_outcome_takes_precedence_over_the_coupon() {
        let (first, order) = (order("81.50"), order("81.50"));
        let key = |fingerprint: &str, of: OrderId| {
            let row = json!({
                "fingerprint": {"S": fingerprint}, "order_id": {"S": of.to_string()}, "answer": {"S": "the first"},
                "expires_at": {"N": "1795428000"},
            });
            json!({"Code": "ConditionalCheckFailed", "Item": row})
        };
        for (key, expected) in [
            (
                key("f", first.id),
                SaveOutcome::Replayed { order_id: first.id, answer: "the first".to_owned() },
            ),
            (key("g", first.id), SaveOutcome::KeyConflict { order_id: first.id }),
            (key("f", order.id), SaveOutcome::Created),
        ] {
            let (_, saved) =
                spend(&order, true, vec![because(&[key, none(), spent_by(first.id)])]).await;
            assert_eq!(saved.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn coupon_conflict_is_retried_and_never_a_rejection() {
        let codes = [
            ["None", "None", "TransactionConflict"],
            ["TransactionConflict", "None", "ConditionalCheckFailed"],
            ["None", "TransactionConflict", "ConditionalCheckFailed"],
            ["TransactionConflict", "ConditionalCheckFailed", "None"],
        ];
        for codes in codes {
            let (aws, saved) =
                spend(&order("81.50"), true, vec![cancelled(codes), (200, json!({}))]).await;
            assert_eq!(saved.unwrap(), SaveOutcome::Created, "{codes:?}");
            let [_primed, _first, _second] = aws.requests();
            let (_, saved) = spend(&order("81.50"), true, vec![cancelled(codes); 3]).await;
            assert!(matches!(saved, Err(StoreError::Unavailable(_))), "{codes:?}: {saved:?}");
        }
    }

    #[tokio::test]
    async fn unexplained_cancellation_is_unavailable() {
        let unclear: [&[Value]; 5] = [
            &[],
            &[none(), failed()],
            &[failed(), none(), failed()],
            &[json!({"Code": "ThrottlingError"}), none(), failed()],
            &[none(), none(), json!({"Code": "ThrottlingError"})],
        ];
        for reasons in unclear {
            let (_, saved) = spend(&order("81.50"), true, vec![because(reasons)]).await;
            assert!(matches!(saved, Err(StoreError::Unavailable(_))), "{reasons:?}: {saved:?}");
        }
    }
}
