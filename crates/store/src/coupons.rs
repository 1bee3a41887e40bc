//! Coupons, as the orders function spends them. Promotion inserts the rows. Spending a coupon adds
//! two attributes to its row: `spent_by` (S, the order) and `spent_at` (S, RFC 3339).

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, Update};
use domain::{Code, Coupon, Order};
use jiff::Timestamp;

use crate::row::{Attributes, Reader, SPENT_BY};
use crate::{Orders, StoreError};

/// The index of coupons by code, named as in the template.
const INDEX: &str = "code";

impl Orders {
    /// Returns the coupon with a code, if the index shows that it can be spent at `now`. The index
    /// is eventually consistent and may miss a new coupon or a recent spend. The condition on the
    /// coupon's row decides when the order is saved.
    pub async fn find_spendable_coupon(
        &self,
        code: &Code,
        now: Timestamp,
    ) -> Result<Option<Coupon>, StoreError> {
        let query = self.coupon_client.query().table_name(&self.tables.coupons).index_name(INDEX);
        let query = query.key_condition_expression("code = :code");
        let query =
            query.expression_attribute_values(":code", AttributeValue::S(code.as_str().to_owned()));
        let rows = query
            .send()
            .await
            .map_err(|error| StoreError::unavailable(&error))?
            .items
            .unwrap_or_default();
        for row in rows.iter().filter(|row| !row.contains_key(SPENT_BY)) {
            let coupon = Reader { table: "coupons", row }.coupon()?;
            if !coupon.is_expired(now) {
                return Ok(Some(coupon));
            }
        }
        Ok(None)
    }

    /// Spends the coupon on the order, on condition that its row allows it.
    pub(crate) fn update_spend_coupon(&self, coupon: &Coupon, order: &Order) -> Update {
        let text = |value: &dyn ToString| AttributeValue::S(value.to_string());
        let update = Update::builder()
            .table_name(&self.tables.coupons)
            .key("order_id", text(&coupon.order_id))
            .update_expression("SET spent_by = :order, spent_at = :now")
            .condition_expression(
                "code = :code AND #percent = :percent AND attribute_not_exists(spent_by) AND expires_at > :now",
            )
            .expression_attribute_names("#percent", "percent")
            .expression_attribute_values(":order", text(&order.id))
            .expression_attribute_values(":now", text(&order.placed_at))
            .expression_attribute_values(":code", text(&coupon.code.as_str()))
            .expression_attribute_values(":percent", AttributeValue::N(coupon.percent.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update.build().expect("a table, a key and an expression are given")
    }
}

/// Whether a coupon that could not be spent on an order was already spent on the same order, by an
/// earlier attempt whose response was lost.
pub(crate) fn is_spent_on(row: &Attributes, order: &Order) -> bool {
    Reader { table: "coupons", row }.spent_by().is_ok_and(|spent_by| spent_by == Some(order.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::tests::orders;
    use aws_mock::{MockAws, coupon};
    use serde_json::{Value, json};

    const CODE: &str = "ABCDEFGHJKLM";

    /// Looks up the coupon with these rows in the index, `later - 1` seconds after it expires.
    async fn find_spendable_coupon(
        rows: &[Value],
        later: i64,
    ) -> (MockAws, Result<Option<Coupon>, StoreError>) {
        let aws = MockAws::responding([(200, json!({})), (200, json!({"Items": rows}))]);
        let now = coupon(CODE).expires_at + jiff::SignedDuration::from_secs(later - 1);
        let found = orders(&aws).await.find_spendable_coupon(&CODE.parse().unwrap(), now).await;
        (aws, found)
    }

    fn row(of: &Coupon) -> Value {
        json!({
            "order_id": {"S": of.order_id.to_string()}, "code": {"S": of.code.as_str()}, "percent": {"N": "20"},
            "expires_at": {"S": of.expires_at.to_string()},
        })
    }

    fn spent(of: &Coupon) -> Value {
        let mut row = row(of);
        row["spent_by"] = json!({"S": "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11"});
        row
    }

    #[tokio::test]
    async fn coupon_is_looked_up_by_its_code() {
        let coupon = coupon(CODE);
        let (aws, found) = find_spendable_coupon(&[row(&coupon)], 0).await;
        assert_eq!(found.unwrap(), Some(coupon));
        let [_primed, query] = aws.requests();
        let expected = json!({
            "TableName": "coupons", "IndexName": "code", "KeyConditionExpression": "code = :code",
            "ExpressionAttributeValues": {":code": {"S": CODE}},
        });
        assert_eq!(query.json(), ("Query", expected));
    }

    #[tokio::test]
    async fn unknown_spent_or_expired_coupons_are_not_spendable() {
        let coupon = coupon(CODE);
        for (rows, later) in [(vec![], 0), (vec![spent(&coupon)], 0), (vec![row(&coupon)], 1)] {
            assert_eq!(
                find_spendable_coupon(&rows, later).await.1.unwrap(),
                None,
                "{rows:?}, {later} s later"
            );
        }
    }

    #[tokio::test]
    async fn spendable_coupon_is_found_among_equal_codes() {
        let (other, good) = (coupon(CODE), coupon(CODE));
        assert_eq!(
            find_spendable_coupon(&[spent(&other), row(&good)], 0).await.1.unwrap(),
            Some(good)
        );
    }

    #[tokio::test]
    async fn unreadable_coupon_row_is_an_error() {
        let mut broken = row(&coupon(CODE));
        broken["percent"] = json!({"S": "half"});
        find_spendable_coupon(&[broken], 0).await.1.unwrap_err();
    }

    #[tokio::test]
    async fn coupon_lookup_is_tried_twice() {
        let aws = MockAws::responding([(200, json!({})), (500, json!({})), (500, json!({}))]);
        let found = orders(&aws)
            .await
            .find_spendable_coupon(&CODE.parse().unwrap(), Timestamp::UNIX_EPOCH)
            .await;
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
        let [_primed, _first, _second] = aws.requests();
    }
}
