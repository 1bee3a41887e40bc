//! Which subscribers the topic sends an order to.

use serde_json::{Map, Value};

use crate::{Deployment, Subscriber, cents};

/// Which orders a subscription gets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter(Map<String, Value>);

impl Deployment {
    /// The subscribers whose filter policy, as SNS has it, lets an order of this total through.
    pub async fn receivers_of(&self, total: &str) -> Vec<Subscriber> {
        let total = cents(total);
        let mut receivers = vec![];
        for subscriber in self.subscribers() {
            if self.filter(&subscriber.queue()).await.lets_through(total) {
                receivers.push(subscriber);
            }
        }
        receivers
    }
}

impl Filter {
    /// Parses a filter policy. An empty text is none, which lets every order through.
    pub(crate) fn read(policy: &str) -> Self {
        if policy.is_empty() {
            return Self::default();
        }
        Self(serde_json::from_str(policy).expect("a filter policy is a JSON object"))
    }

    /// Whether the event of an order with this amount passes.
    ///
    /// # Panics
    ///
    /// If the policy has more than numeric ranges of `amount` and names of `type`: no subscriber
    /// may go unchecked.
    pub(crate) fn lets_through(&self, amount: u64) -> bool {
        self.0.iter().all(|(attribute, conditions)| {
            let conditions = conditions.as_array().expect("an attribute has a list of conditions");
            conditions.iter().any(|condition| match (&**attribute, condition) {
                ("type", Value::String(name)) => name == "order.placed",
                ("amount", Value::Object(range)) if range.len() == 1 => {
                    let bounds = range.get("numeric").and_then(Value::as_array);
                    let bounds = bounds.unwrap_or_else(|| panic!("{condition} is no range"));
                    bounds.chunks(2).all(|bound| is_met(bound, amount))
                }
                other => panic!("Filter::lets_through cannot evaluate {other:?}"),
            })
        })
    }
}

/// Whether an amount in cents meets `[">=", 80]`.
fn is_met(bound: &[Value], amount: u64) -> bool {
    let [Value::String(comparison), Value::Number(limit)] = bound else {
        panic!("{bound:?} is no bound");
    };
    let limit = cents(&limit.to_string());
    match &**comparison {
        "=" => amount == limit,
        "<" => amount < limit,
        "<=" => amount <= limit,
        ">" => amount > limit,
        ">=" => amount >= limit,
        other => panic!("{other} is no comparison"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_lets_through_what_sns_would() {
        for (policy, amounts, expected) in [
            ("", [0, 8_000, 8_001], [true, true, true]),
            (
                r#"{"amount": [{"numeric": [">=", 80.01]}]}"#,
                [0, 8_000, 8_001],
                [false, false, true],
            ),
            (
                r#"{"amount": [{"numeric": [">", 10, "<=", 80]}]}"#,
                [1_000, 8_000, 8_001],
                [false, true, false],
            ),
            (
                r#"{"amount": [{"numeric": ["=", 5]}, {"numeric": ["<", 1]}]}"#,
                [500, 99, 100],
                [true, true, false],
            ),
            (r#"{"type": ["order.placed"]}"#, [0, 1, 2], [true, true, true]),
            (r#"{"type": ["order.cancelled"]}"#, [0, 1, 2], [false, false, false]),
        ] {
            let filter = Filter::read(policy);
            assert_eq!(amounts.map(|amount| filter.lets_through(amount)), expected, "{policy}");
        }
    }
}
