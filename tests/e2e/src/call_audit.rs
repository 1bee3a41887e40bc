//! Counts the functions' effects call by call: an effect that happens twice is seen even if the rows
//! look the same before and after it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use devstack::{Call, FaultProxy};
use serde_json::Value;

use crate::ordering::{inserted, rows_to_insert};

/// The effects that AWS has acknowledged, whether or not the answer reached the function.
#[derive(Clone, Debug, Default)]
pub struct CallAudit(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    /// How often a row was inserted, by table and order.
    inserts: HashMap<(String, String), u32>,
    /// The orders on which a coupon was spent, by the order that earned it.
    spends: HashMap<String, BTreeSet<String>>,
    /// The orders whose save was to spend a coupon, done or not, by the order that earned it.
    tried_spends: HashMap<String, BTreeSet<String>>,
    /// Rows whose insert AWS did not answer, or with 5xx, by table and order.
    unanswered_inserts: BTreeSet<(String, String)>,
    /// Orders with a coupon whose save AWS did not answer, or with 5xx.
    unanswered_spends: BTreeSet<String>,
}

impl CallAudit {
    /// Counts the calls that pass a proxy from now on.
    #[must_use]
    pub fn of(proxy: &FaultProxy) -> Self {
        let audit = Self::default();
        let counts = audit.clone();
        proxy.observe(move |call| counts.count(call));
        audit
    }

    /// How many rows were inserted.
    #[must_use]
    pub fn inserts(&self) -> usize {
        self.counts().inserts.len()
    }

    /// How many coupons several orders tried to spend: their saves reached the table.
    #[must_use]
    pub fn contested(&self) -> usize {
        self.counts().tried_spends.values().filter(|orders| orders.len() > 1).count()
    }

    /// Rows of a table, by order, that came there by no insert that was seen.
    pub fn unseen_inserts<'a>(
        &self,
        table: &str,
        ids: impl IntoIterator<Item = &'a String>,
    ) -> Vec<String> {
        let counts = self.counts();
        let is_seen = |id: &str| {
            let row = (table.to_owned(), id.to_owned());
            counts.inserts.contains_key(&row) || counts.unanswered_inserts.contains(&row)
        };
        let unseen = ids.into_iter().filter(|id| !is_seen(id));
        unseen.map(|id| format!("no insert of {id} into {table} was seen")).collect()
    }

    /// Orders that spent a coupon without a save that was seen.
    pub fn unseen_spends<'a>(&self, orders: impl IntoIterator<Item = &'a String>) -> Vec<String> {
        let counts = self.counts();
        let seen: BTreeSet<_> =
            counts.spends.values().flatten().chain(&counts.unanswered_spends).collect();
        let unseen = orders.into_iter().filter(|id| !seen.contains(id));
        unseen.map(|id| format!("no save of {id} with its coupon was seen")).collect()
    }

    /// Rows that were inserted twice, and coupons that were spent on several orders.
    #[must_use]
    pub fn doubled(&self) -> Vec<String> {
        let counts = self.counts();
        let twice = counts.inserts.iter().filter(|(_, times)| **times > 1);
        let twice = twice
            .map(|((table, id), times)| format!("{id} was inserted {times} times into {table}"));
        let shared = counts.spends.iter().filter(|(_, orders)| orders.len() > 1);
        let shared =
            shared.map(|(id, orders)| format!("the coupon of {id} was spent on {orders:?}"));
        twice.chain(shared).collect()
    }

    fn count(&self, call: &Call) {
        let mut counts = self.counts();
        match &*call.operation {
            "BatchExecuteStatement" if may_be_done(call) => {
                counts.unanswered_inserts.extend(rows_to_insert(call).into_iter().flatten());
            }
            "BatchExecuteStatement" => {
                for row in inserted(call) {
                    *counts.inserts.entry(row).or_default() += 1;
                }
            }
            "TransactWriteItems" => {
                for (coupon, order) in spends(call) {
                    let tried = counts.tried_spends.entry(coupon.clone()).or_default();
                    tried.insert(order.clone());
                    match call.status {
                        Some(200) => _ = counts.spends.entry(coupon).or_default().insert(order),
                        _ if may_be_done(call) => _ = counts.unanswered_spends.insert(order),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().expect("no test panics while counting")
    }
}

/// Whether a call may have been executed although AWS did not say so.
fn may_be_done(call: &Call) -> bool {
    call.status.is_none_or(|status| status >= 500)
}

/// The coupons that a transaction spends, each with the order on which it is spent.
fn spends(call: &Call) -> Vec<(String, String)> {
    let request: Value = serde_json::from_str(&call.request).expect("a JSON request");
    let writes = request["TransactItems"].as_array().into_iter().flatten();
    let spend = |write: &Value| {
        let update = &write["Update"];
        let coupon = update["Key"]["order_id"]["S"].as_str()?;
        let order = update["ExpressionAttributeValues"][":order"]["S"].as_str()?;
        Some((coupon.to_owned(), order.to_owned()))
    };
    writes.filter_map(spend).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(operation: &str, request: &Value, answer: &Value) -> Call {
        Call {
            operation: operation.to_owned(),
            request: request.to_string(),
            status: Some(200),
            answer: answer.to_string(),
        }
    }

    fn insert(id: &str, answer: &Value) -> Call {
        let statement = json!({ "Statement": r#"INSERT INTO "shipments" VALUE {...}"#, "Parameters": [{ "S": id }] });
        call(
            "BatchExecuteStatement",
            &json!({ "Statements": [statement] }),
            &json!({ "Responses": [answer] }),
        )
    }

    fn spend(coupon: &str, order: &str) -> Call {
        let update = json!({ "Key": { "order_id": { "S": coupon } }, "ExpressionAttributeValues": { ":order": { "S": order } } });
        let items = json!({ "TransactItems": [{ "Put": {} }, { "Update": update }] });
        call("TransactWriteItems", &items, &json!({}))
    }

    #[test]
    fn second_insert_of_a_row_is_found() {
        let audit = CallAudit::default();
        audit.count(&insert("a", &json!({})));
        audit.count(&insert("b", &json!({})));
        audit.count(&insert("a", &json!({ "Error": { "Code": "DuplicateItem" } })));
        assert_eq!((audit.inserts(), audit.doubled()), (2, vec![]));
        audit.count(&insert("a", &json!({})));
        assert_eq!(audit.doubled(), ["a was inserted 2 times into shipments"]);
    }

    #[test]
    fn coupon_spent_on_two_orders_is_found() {
        let audit = CallAudit::default();
        audit.count(&spend("a", "1"));
        // The same transaction again, with the same token.
        audit.count(&spend("a", "1"));
        assert!(audit.doubled().is_empty());
        audit.count(&Call { status: Some(400), ..spend("a", "2") });
        assert!(audit.doubled().is_empty(), "it was cancelled");
        assert_eq!(audit.contested(), 1);
        audit.count(&spend("a", "2"));
        assert_eq!(audit.doubled().len(), 1);
    }

    #[test]
    fn effect_that_no_call_made_is_found() {
        let audit = CallAudit::default();
        audit.count(&insert("a", &json!({})));
        audit.count(&insert("refused", &json!({ "Error": { "Code": "ThrottlingError" } })));
        audit.count(&Call { status: None, ..insert("unanswered", &json!({})) });
        let rows = ["a", "refused", "unanswered", "ghost"].map(str::to_owned);
        let unseen = audit.unseen_inserts("shipments", &rows);
        assert_eq!(
            unseen,
            ["refused", "ghost"].map(|id| format!("no insert of {id} into shipments was seen"))
        );
        assert_eq!(audit.unseen_inserts("coupons", &rows).len(), 4);

        audit.count(&spend("a", "1"));
        audit.count(&Call { status: Some(400), ..spend("b", "2") });
        audit.count(&Call { status: None, ..spend("b", "3") });
        let orders = ["1", "2", "3"].map(str::to_owned);
        assert_eq!(audit.unseen_spends(&orders), ["no save of 2 with its coupon was seen"]);
    }
}
