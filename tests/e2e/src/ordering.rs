//! Whether each customer's orders took effect in the order in which they were accepted, by the calls
//! that a fault proxy recorded: rows hold whole seconds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use devstack::Call;
use serde_json::Value;
use url::form_urlencoded;

use crate::Deployment;

/// An accepted order, in the order of the answers.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The customer, who waited for each answer before the next order.
    pub customer: String,
    /// The order's id.
    pub id: String,
}

/// The result of the comparison.
#[derive(Clone, Debug, Default)]
pub struct EffectOrder {
    /// Effects that were compared.
    pub effects: usize,
    /// Orders that their own requests did not publish, so that the relay did, later.
    pub by_relay: BTreeSet<String>,
    /// Effects that came after that of a later order of the same customer.
    pub out_of_order: Vec<String>,
}

impl Deployment {
    /// Compares the order of effects with that of acceptance, for every subscriber. Orders that the
    /// relay published, and `apart`, are left out.
    #[must_use]
    pub fn ordering(
        &self,
        calls: &[Call],
        accepted: &[Accepted],
        apart: &BTreeSet<String>,
    ) -> EffectOrder {
        let published = published(calls);
        let unpublished = accepted.iter().filter(|order| !published.contains(&order.id));
        let by_relay: BTreeSet<_> = unpublished.map(|order| order.id.clone()).collect();
        let in_order =
            |order: &&Accepted| !by_relay.contains(&order.id) && !apart.contains(&order.id);
        let compared: Vec<_> = accepted.iter().filter(in_order).collect();
        let mut ordering = EffectOrder::default();
        for subscriber in self.subscribers() {
            let effects = effects(calls, self.output(&subscriber.table()));
            compare(&subscriber.function, &effects, &compared, &mut ordering);
        }
        EffectOrder { by_relay, ..ordering }
    }
}

fn compare(function: &str, effects: &[String], accepted: &[&Accepted], ordering: &mut EffectOrder) {
    let positions: HashMap<_, _> = effects.iter().zip(0..).collect();
    let mut last = BTreeMap::<&str, usize>::new();
    for Accepted { customer, id } in accepted {
        let Some(position) = positions.get(id) else { continue };
        ordering.effects += 1;
        let last = last.entry(customer).or_default();
        if position < last {
            ordering.out_of_order.push(format!("{id} of {customer}, by {function}"));
        }
        *last = *position.max(last);
    }
}

/// The ids of the orders that SNS accepted one by one, as the orders function publishes them.
fn published(calls: &[Call]) -> BTreeSet<String> {
    let publishes =
        calls.iter().filter(|call| call.operation == "Publish" && call.status == Some(200));
    publishes.filter_map(|call| order_id_of(&form_field(&call.request, "Message")?)).collect()
}

fn form_field(form: &str, field: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(form.as_bytes());
    Some(fields.find(|(name, _)| name == field)?.1.into_owned())
}

fn order_id_of(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).ok()?;
    Some(event["order_id"].as_str()?.to_owned())
}

/// The orders whose rows were inserted into a table, in this order.
#[must_use]
pub fn effects(calls: &[Call], table: &str) -> Vec<String> {
    let inserts = calls.iter().filter(|call| call.operation == "BatchExecuteStatement");
    let rows = inserts.flat_map(inserted).filter(|(of, _)| of == table);
    rows.map(|(_, id)| id).collect()
}

/// The rows that a `BatchExecuteStatement` inserted: table and order.
pub(crate) fn inserted(call: &Call) -> Vec<(String, String)> {
    if call.status != Some(200) {
        return vec![];
    }
    let answer: Value = serde_json::from_str(&call.answer).expect("a JSON answer");
    let rows = rows_to_insert(call).into_iter().enumerate();
    let done = rows.filter(|(at, _)| answer["Responses"][at]["Error"].is_null());
    done.filter_map(|(_, row)| row).collect()
}

/// The row that each statement of a `BatchExecuteStatement` is to insert, if it is an insert.
pub(crate) fn rows_to_insert(call: &Call) -> Vec<Option<(String, String)>> {
    let request: Value = serde_json::from_str(&call.request).expect("a JSON request");
    let row = |statement: &Value| {
        let (table, _) =
            statement["Statement"].as_str()?.strip_prefix("INSERT INTO \"")?.split_once('"')?;
        let id = statement["Parameters"][0]["S"].as_str().expect("an order's id");
        Some((table.to_owned(), id.to_owned()))
    };
    request["Statements"].as_array().into_iter().flatten().map(row).collect()
}

/// The orders of each `PublishBatch`, as the relay publishes them: group and order id.
#[must_use]
pub fn batches_published(calls: &[Call]) -> Vec<Vec<(String, String)>> {
    let batches = calls.iter().filter(|call| call.operation == "PublishBatch");
    let entries = |call: &Call| {
        let entry = |number: usize| {
            let field = |name: &str| {
                form_field(
                    &call.request,
                    &format!("PublishBatchRequestEntries.member.{number}.{name}"),
                )
            };
            Some((field("MessageGroupId").unwrap_or_default(), order_id_of(&field("Message")?)?))
        };
        (1..=10).map_while(entry).collect()
    };
    batches.map(entries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(customer: &str, id: &str) -> Accepted {
        Accepted { customer: customer.to_owned(), id: id.to_owned() }
    }

    fn out_of_order(effects: &[&str], orders: &[Accepted]) -> usize {
        let effects: Vec<_> = effects.iter().map(ToString::to_string).collect();
        let mut ordering = EffectOrder::default();
        compare("fulfilment", &effects, &orders.iter().collect::<Vec<_>>(), &mut ordering);
        ordering.out_of_order.len()
    }

    #[test]
    fn overtaken_order_is_found() {
        let orders = [accepted("Ada", "1"), accepted("Bob", "2"), accepted("Ada", "3")];
        assert_eq!(out_of_order(&["2", "1", "3"], &orders), 0);
        assert_eq!(out_of_order(&["3", "2", "1"], &orders), 1);
        assert_eq!(out_of_order(&["1", "2"], &orders), 0, "an order without an effect");
    }

    #[test]
    fn effects_are_the_successful_inserts_of_the_table() {
        let statement = |table: &str, id: &str| {
            serde_json::json!({
                "Statement": format!("INSERT INTO \"{table}\" VALUE {{'order_id': ?}}"),
                "Parameters": [{ "S": id }]
            })
        };
        let statements = [statement("t", "1"), statement("t", "2"), statement("other", "3")];
        let call = Call {
            operation: "BatchExecuteStatement".to_owned(),
            request: serde_json::json!({ "Statements": statements }).to_string(),
            status: Some(200),
            answer: r#"{"Responses": [{"Error": {"Code": "DuplicateItem"}}, {}, {}]}"#.to_owned(),
        };
        assert_eq!(effects(&[call], "t"), ["2"]);
    }
}
