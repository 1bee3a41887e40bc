//! Which subscribers the topic sends an order to.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value;

use crate::{Deployment, Subscriber};

impl Deployment {
    /// The subscribers whose filter policy, as SNS has it, lets an order of this total through.
    /// Leaves out, with a message, those whose policy has more than numeric conditions on `amount`.
    pub async fn receivers_of(&self, total: &str) -> Vec<Subscriber> {
        let total = total.parse().expect("a total is a number");
        let mut receivers = vec![];
        for subscriber in self.subscribers() {
            let attributes = self.subscription_attributes(&subscriber.queue()).await;
            match lets_through(&attributes, total) {
                Some(true) => receivers.push(subscriber),
                Some(false) => {}
                None => eprintln!(
                    "{}: not expected to receive the order, as the tests cannot evaluate its filter {attributes:?}",
                    subscriber.function
                ),
            }
        }
        receivers
    }
}

/// Whether a subscription with these attributes receives an order of this total. `None` if its
/// filter has anything else than numeric conditions on the message attribute `amount`.
fn lets_through(attributes: &HashMap<String, String>, total: f64) -> Option<bool> {
    let Some(policy) = attributes.get("FilterPolicy") else { return Some(true) };
    let scope = attributes.get("FilterPolicyScope").map_or("MessageAttributes", String::as_str);
    let policy: Value = serde_json::from_str(policy).ok()?;
    let policy = policy.as_object()?;
    if policy.is_empty() {
        return Some(true);
    }
    if scope != "MessageAttributes" || policy.len() > 1 {
        return None;
    }
    // One of the conditions must match.
    let conditions = policy.get("amount")?.as_array()?;
    let matches = conditions.iter().map(|condition| range_contains(condition, total));
    Some(matches.collect::<Option<Vec<_>>>()?.contains(&true))
}

/// Whether a total matches `{"numeric": [">=", 10, "<", 100]}`. A decimal literal of the policy and
/// the total are rounded to the same `f64` if they are equal.
fn range_contains(condition: &Value, total: f64) -> Option<bool> {
    let condition = condition.as_object().filter(|condition| condition.len() == 1)?;
    let (bounds, rest) = condition.get("numeric")?.as_array()?.as_chunks::<2>();
    if bounds.is_empty() || !rest.is_empty() {
        return None;
    }
    let mut contains = true;
    for [operator, bound] in bounds {
        let order = total.partial_cmp(&bound.as_f64()?)?;
        contains &= match operator.as_str()? {
            "=" => order == Ordering::Equal,
            "<" => order == Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            ">=" => order != Ordering::Less,
            _ => return None,
        };
    }
    Some(contains)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receives(policy: &str, total: f64) -> Option<bool> {
        lets_through(&HashMap::from([("FilterPolicy".to_owned(), policy.to_owned())]), total)
    }

    #[test]
    fn absent_policy_lets_every_order_through() {
        assert_eq!(lets_through(&HashMap::new(), 0.01), Some(true));
        assert_eq!(receives("{}", 0.01), Some(true));
    }

    #[test]
    fn numeric_conditions_decide_by_the_total() {
        let at_least = r#"{"amount": [{"numeric": [">=", 80.01]}]}"#;
        assert_eq!([80.0, 80.01].map(|total| receives(at_least, total)), [Some(false), Some(true)]);
        let range = r#"{"amount": [{"numeric": [">=", 10, "<", 100]}, {"numeric": ["=", 5]}]}"#;
        let expected = [(5.0, true), (9.99, false), (10.0, true), (99.99, true), (100.0, false)];
        for (total, expected) in expected {
            assert_eq!(receives(range, total), Some(expected), "{total}");
        }
    }

    #[test]
    fn other_policies_are_not_evaluated() {
        for policy in [
            r#"{"type": ["order.placed"]}"#,
            r#"{"type": ["order.placed"], "amount": [{"numeric": [">=", 1]}]}"#,
            r#"{"amount": [{"exists": false}]}"#,
            r#"{"amount": [{"numeric": [">="]}]}"#,
            r#"{"amount": ["90"]}"#,
            "",
        ] {
            assert_eq!(receives(policy, 90.0), None, "{policy}");
        }
        let of_the_body = HashMap::from([
            ("FilterPolicy".to_owned(), r#"{"amount": [{"numeric": [">=", 1]}]}"#.to_owned()),
            ("FilterPolicyScope".to_owned(), "MessageBody".to_owned()),
        ]);
        assert_eq!(lets_through(&of_the_body, 90.0), None);
    }
}
