//! Numbers that are given out once, from a counter in a subscriber's own table.

use std::ops::Range;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::{EffectTable, StoreError};

/// The key of the counter's row. No order has it: it is no id.
pub(crate) const COUNTER: &str = "last-number";
/// The counter's attribute: the last number that was given out (N).
const LAST: &str = "last";

impl EffectTable {
    /// Reserves the next `count` numbers, counted from 1, in one request. No other call gets one of
    /// them. Unused numbers are lost, and so are those of a request whose answer is lost.
    pub async fn reserve_sequence_numbers(&self, count: usize) -> Result<Range<u64>, StoreError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update.key("order_id", AttributeValue::S(COUNTER.to_owned()));
        let update =
            update.update_expression("ADD #last :count").expression_attribute_names("#last", LAST);
        let update =
            update.expression_attribute_values(":count", AttributeValue::N(count.to_string()));
        let answer = update.return_values(ReturnValue::UpdatedNew).send().await;
        let counter =
            answer.map_err(|error| StoreError::unavailable(&error))?.attributes.unwrap_or_default();
        let last = counter
            .get(LAST)
            .and_then(|last| last.as_n().ok())
            .and_then(|last| last.parse::<u64>().ok());
        let first = last.and_then(|last| (last + 1).checked_sub(count as u64));
        first
            .map(|first| first..first + count as u64)
            .ok_or(StoreError::Unreadable { table: "numbers", attribute: LAST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::MockAws;
    use serde_json::{Value, json};

    /// Takes three numbers of an AWS that answers so.
    async fn three(status: u16, answer: Value) -> (MockAws, Result<Range<u64>, StoreError>) {
        let aws = MockAws::responding([(200, json!({})), (status, answer)]);
        let taken = EffectTable::connect(&aws.sdk(), "invoices".to_owned())
            .await
            .reserve_sequence_numbers(3)
            .await;
        (aws, taken)
    }

    #[tokio::test]
    async fn counter_increment_reserves_a_range() {
        let (aws, taken) = three(200, json!({"Attributes": {"last": {"N": "12"}}})).await;
        assert_eq!(taken.unwrap(), 10..13);
        let [_primed, asked] = aws.requests();
        let (operation, body) = asked.json();
        assert_eq!(
            (operation, &body["Key"]),
            ("UpdateItem", &json!({"order_id": {"S": "last-number"}}))
        );
        assert_eq!(body["ExpressionAttributeValues"], json!({":count": {"N": "3"}}));
        assert_eq!(
            (&body["UpdateExpression"], &body["ReturnValues"]),
            (&json!("ADD #last :count"), &json!("UPDATED_NEW"))
        );
    }

    #[tokio::test]
    async fn invalid_counter_is_an_error() {
        for answer in [
            json!({}),
            json!({"Attributes": {"last": {"N": "2.5"}}}),
            json!({"Attributes": {"last": {"N": "1"}}}),
        ] {
            let (_, taken) = three(200, answer).await;
            assert_eq!(taken.unwrap_err().to_string(), "a row of numbers cannot be read: last");
        }
    }

    #[tokio::test]
    async fn rejected_request_reserves_no_numbers() {
        let (_, taken) =
            three(400, json!({"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException"}))
                .await;
        assert_eq!(
            taken.unwrap_err().to_string(),
            "DynamoDB is unavailable: AccessDeniedException"
        );
    }
}
