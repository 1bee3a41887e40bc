//! Idempotency keys in their table.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure};
use domain::{IdempotencyKey, Order};

use crate::row::{Attributes, FirstClaim, Reader, from_claim};
use crate::{Orders, SaveOutcome, StoreError};

/// A request's idempotency key, with what its repetitions need.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The request's key.
    pub key: IdempotencyKey,
    /// A digest of the request's body.
    pub fingerprint: String,
    /// The body of the response.
    pub answer: String,
}

/// The validity of a key, in seconds.
const KEY_VALIDITY: i64 = 24 * 60 * 60;

impl Orders {
    /// Returns the outcome of an earlier request with this key, or `None` if the key is free when
    /// `order` is placed. Call it when a coupon cannot be spent, because the earlier request may
    /// have spent it. The read is strongly consistent: if the coupon is seen as spent, so is the
    /// key used with it.
    pub async fn find_claim(
        &self,
        order: &Order,
        key: &IdempotencyKey,
        fingerprint: &str,
    ) -> Result<Option<SaveOutcome>, StoreError> {
        let get = self
            .read_client
            .get_item()
            .table_name(&self.tables.idempotency_keys)
            .consistent_read(true);
        let get = get.key("idempotency_key", AttributeValue::S(key.to_string())).send().await;
        let Some(row) = get.map_err(|error| StoreError::unavailable(&error))?.item else {
            return Ok(None);
        };
        let first = read(&row)?;
        Ok((first.expires_at > order.placed_at.as_second())
            .then(|| first.outcome_of(order, fingerprint)))
    }

    /// Puts the key's row unless the key is in use. A key is free if it has no row or its row has
    /// expired; correctness does not depend on DynamoDB deleting expired rows.
    pub(crate) fn put_claim(&self, order: &Order, claim: &Claim) -> Put {
        let now = order.placed_at.as_second();
        let put = Put::builder()
            .table_name(&self.tables.idempotency_keys)
            .set_item(Some(from_claim(claim, order.id, now + KEY_VALIDITY)))
            .condition_expression("attribute_not_exists(idempotency_key) OR expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        put.build().expect("a table and an item are given")
    }
}

/// Returns the outcome for a key that is already in use.
pub(crate) fn existing_claim_outcome(
    row: &Attributes,
    order: &Order,
    claim: &Claim,
) -> Result<SaveOutcome, StoreError> {
    Ok(read(row)?.outcome_of(order, &claim.fingerprint))
}

fn read(row: &Attributes) -> Result<FirstClaim, StoreError> {
    Reader { table: "idempotency keys", row }.first_claim()
}

impl FirstClaim {
    /// Returns the outcome of a request with the same key and this fingerprint that tried to save
    /// `order`.
    fn outcome_of(self, order: &Order, fingerprint: &str) -> SaveOutcome {
        if self.order_id == order.id {
            SaveOutcome::Created
        } else if self.fingerprint == fingerprint {
            SaveOutcome::Replayed { order_id: self.order_id, answer: self.answer }
        } else {
            SaveOutcome::KeyConflict { order_id: self.order_id }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::tests::orders;
    use aws_mock::{MockAws, order};
    use serde_json::json;

    #[tokio::test]
    async fn key_lookup_is_strongly_consistent() {
        let aws = MockAws::responding([(200, json!({})), (200, json!({}))]);
        let key = "k".parse().unwrap();
        assert_eq!(orders(&aws).await.find_claim(&order("81.50"), &key, "f").await.unwrap(), None);
        let [_primed, get] = aws.requests();
        let expected = json!({"TableName": "keys", "Key": {"idempotency_key": {"S": "k"}}, "ConsistentRead": true});
        assert_eq!(get.json(), ("GetItem", expected));
    }

    #[tokio::test]
    async fn key_claim_holds_until_it_expires() {
        let (first, order) = (order("81.50").id, order("81.50"));
        let now = order.placed_at.as_second();
        let before = SaveOutcome::Replayed { order_id: first, answer: "the first".to_owned() };
        for (expires_at, fingerprint, expected) in [
            (now + 1, "f", Some(before)),
            (now + 1, "g", Some(SaveOutcome::KeyConflict { order_id: first })),
            (now, "f", None),
            (now, "g", None),
        ] {
            let row = json!({
                "idempotency_key": {"S": "k"}, "fingerprint": {"S": "f"}, "order_id": {"S": first.to_string()},
                "answer": {"S": "the first"}, "expires_at": {"N": expires_at.to_string()},
            });
            let aws = MockAws::responding([(200, json!({})), (200, json!({"Item": row}))]);
            let before =
                orders(&aws).await.find_claim(&order, &"k".parse().unwrap(), fingerprint).await;
            assert_eq!(before.unwrap(), expected, "{expires_at}, {fingerprint}");
        }
    }
}
