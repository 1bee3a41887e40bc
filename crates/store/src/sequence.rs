//! Unique sequence numbers, from a counter in a subscriber's own table.

use std::ops::Range;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::row::Attributes;
use crate::{EffectTable, StoreError};

/// The key of the counter's row. It is not a valid order id, so no order has it.
pub(crate) const COUNTER: &str = "last-number";
/// The counter's attribute: the last reserved number (N).
const LAST: &str = "last";

impl EffectTable {
    /// Reserves the next `count` numbers, counted from 1, in one request. No other call gets them.
    /// Unused numbers are lost, and so are the numbers of a request whose response is lost.
    pub async fn reserve_sequence_numbers(&self, count: usize) -> Result<Range<u64>, StoreError> {
        let response = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("order_id", AttributeValue::S(COUNTER.to_owned()))
            .update_expression("ADD #last :count")
            .expression_attribute_names("#last", LAST)
            .expression_attribute_values(":count", AttributeValue::N(count.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| StoreError::unavailable(&error))?;
        reserved_range(&response.attributes.unwrap_or_default(), count as u64)
            .ok_or(StoreError::Unreadable { table: "numbers", attribute: LAST })
    }
}

/// Returns the last `count` numbers up to the counter's new value.
fn reserved_range(counter: &Attributes, count: u64) -> Option<Range<u64>> {
    let last: u64 = counter.get(LAST)?.as_n().ok()?.parse().ok()?;
    let end = last.checked_add(1)?;
    Some(end.checked_sub(count)?..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::MockAws;
    use serde_json::{Value, json};

    /// Reserves three numbers from a mock with this response.
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
