//! Counts the functions' effects call by call: an effect that happens twice is seen even if the rows
//! look the same before and after it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use devstack::{Call, FaultProxy};
use serde_json::Value;

use crate::ordering::inserted;

/// The effects that AWS has acknowledged, whether or not the answer reached the function.
#[derive(Clone, Debug, Default)]
pub struct CallAudit(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    /// How often a row was inserted, by table and order.
    inserts: HashMap<(String, String), u32>,
    /// The orders on which a coupon was spent, by the order that earned it.
    spends: HashMap<String, BTreeSet<String>>,
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

    /// How many coupons were spent.
    #[must_use]
    pub fn spends(&self) -> usize {
        self.counts().spends.len()
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
            "BatchExecuteStatement" => {
                for row in inserted(call) {
                    *counts.inserts.entry(row).or_default() += 1;
                }
            }
            "TransactWriteItems" => {
                for (coupon, order) in spent(call) {
                    counts.spends.entry(coupon).or_default().insert(order);
                }
            }
            _ => {}
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().expect("no test panics while counting")
    }
}

/// The coupons that a transaction spent, each with the order on which it was spent.
fn spent(call: &Call) -> Vec<(String, String)> {
    if call.status != 200 {
        return vec![];
    }
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
            status: 200,
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
        assert_eq!((audit.spends(), audit.doubled()), (1, vec![]));
        audit.count(&Call { status: 400, ..spend("a", "2") });
        assert!(audit.doubled().is_empty(), "it was cancelled");
        audit.count(&spend("a", "2"));
        assert_eq!(audit.doubled().len(), 1);
    }
}
