//! Which amounts a subscription's filter policy matches, evaluated as SNS does, and exactly: the
//! policy's numbers are parsed as decimals from their text, never through a float.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_sqs::Client;
use domain::Amount;
use rust_decimal::Decimal;
use serde_json::value::RawValue;
use topic::{Filter, Subscriptions};

use crate::context::Context;
use crate::queue::Queue;

/// A filter on the `amount` message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AmountFilter {
    /// No filter: every amount matches.
    Everything,
    /// Amounts in one of these ranges.
    AnyOf(Vec<Range>),
}

/// A range: all its bounds must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range(Vec<Bound>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bound {
    /// One of [`COMPARISONS`].
    comparison: &'static str,
    value: Decimal,
}

/// A policy of numeric ranges: `{"amount": [{"numeric": [">=", 80]}]}`.
type Policy = BTreeMap<String, Vec<BTreeMap<String, Vec<Box<RawValue>>>>>;

const ATTRIBUTE: &str = "amount";
const OPERATOR: &str = "numeric";
const COMPARISONS: [&str; 5] = ["=", "<", "<=", ">", ">="];

impl AmountFilter {
    /// The filter policy now in force on promotion's subscription, which may differ from the
    /// template's.
    pub(crate) async fn in_force(context: &Context) -> Result<Self> {
        let url = context.stack.output("PromotionQueueUrl")?.to_owned();
        let queue = Queue { client: Client::new(&context.sdk), url };
        let topic = context.stack.output("OrdersTopicArn")?.to_owned();
        let filter = Subscriptions::of(&context.sdk, topic).filter_of(&queue.arn().await?).await?;
        Self::read(&filter.context(
            "promotion's queue is not subscribed to the topic: no order can earn a coupon",
        )?)
    }

    /// Parses a subscription's filter. Anything unsupported is an error, never a guess.
    pub(crate) fn read(Filter { policy, scope }: &Filter) -> Result<Self> {
        let Some(policy) = policy else { return Ok(Self::Everything) };
        let scope = scope.as_deref().unwrap_or("MessageAttributes");
        ensure!(
            scope == "MessageAttributes",
            "the filter policy is about the {scope}; ops supports only MessageAttributes"
        );
        Self::from_policy(policy).with_context(|| {
            format!("ops cannot determine which orders earn a coupon: it reads numeric ranges on {ATTRIBUTE}, and the filter policy is {policy}")
        })
    }

    fn from_policy(policy: &str) -> Result<Self> {
        let mut policy: Policy = serde_json::from_str(policy)?;
        if policy.is_empty() {
            return Ok(Self::Everything);
        }
        let conditions = policy
            .remove(ATTRIBUTE)
            .with_context(|| format!("it does not filter on {ATTRIBUTE}"))?;
        if let Some(other) = policy.keys().next() {
            bail!("it filters on {other} as well");
        }
        ensure!(!conditions.is_empty(), "it has no condition");
        Ok(Self::AnyOf(conditions.into_iter().map(Range::read).collect::<Result<_>>()?))
    }

    /// Whether the topic delivers an order of this total to the subscriber.
    pub(crate) fn lets_through(&self, total: Amount) -> bool {
        let total = Decimal::from_i128_with_scale(total.cents().into(), 2);
        match self {
            Self::Everything => true,
            Self::AnyOf(ranges) => {
                ranges.iter().any(|Range(bounds)| bounds.iter().all(|bound| bound.holds(total)))
            }
        }
    }
}

impl Range {
    fn read(mut condition: BTreeMap<String, Vec<Box<RawValue>>>) -> Result<Self> {
        let terms =
            condition.remove(OPERATOR).with_context(|| format!("a condition is not {OPERATOR}"))?;
        ensure!(condition.is_empty(), "a condition is more than {OPERATOR}");
        let (pairs, rest) = terms.as_chunks::<2>();
        ensure!(
            !pairs.is_empty() && rest.is_empty(),
            "a range is not pairs of a comparison and a number"
        );
        Ok(Self(pairs.iter().map(Bound::read).collect::<Result<_>>()?))
    }
}

impl Bound {
    fn read([comparison, value]: &[Box<RawValue>; 2]) -> Result<Self> {
        let comparison: String = serde_json::from_str(comparison.get())?;
        let comparison = COMPARISONS.into_iter().find(|known| *known == comparison);
        let comparison = comparison.context("a comparison is unknown")?;
        let text = value.get();
        // A number in quotes is a string, which SNS compares with no number.
        let value = Decimal::from_str_exact(text)
            .with_context(|| format!("{text} is not a plain number"))?;
        Ok(Self { comparison, value })
    }

    fn holds(self, total: Decimal) -> bool {
        self.comparison.contains(match total.cmp(&self.value) {
            Ordering::Less => '<',
            Ordering::Equal => '=',
            Ordering::Greater => '>',
        })
    }
}

impl fmt::Display for AmountFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AnyOf(ranges) = self else { return formatter.write_str("of any amount") };
        let ranges: Vec<_> = ranges.iter().map(ToString::to_string).collect();
        write!(formatter, "of {}", ranges.join(" or "))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bounds =
            self.0.iter().map(|Bound { comparison, value }| format!("{comparison} {value}"));
        formatter.write_str(&bounds.collect::<Vec<_>>().join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(policy: &str) -> Result<AmountFilter> {
        AmountFilter::read(&Filter {
            policy: Some(policy.to_owned()),
            scope: Some("MessageAttributes".to_owned()),
        })
    }

    fn total(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn template_policy_is_80_dollars_or_more() {
        let filter = read(r#"{"amount": [{"numeric": [">=", 80]}]}"#).unwrap();
        let earn = ["79.99", "80.00", "80.01"].map(|text| filter.lets_through(total(text)));
        assert_eq!((earn, filter.to_string().as_str()), ([false, true, true], "of >= 80"));
    }

    #[test]
    fn fractional_cent_bound_is_exact() {
        let filter = read(r#"{"amount": [{"numeric": [">", 80.004, "<=", 80.015]}]}"#).unwrap();
        let earn = ["80.00", "80.01", "80.02"].map(|text| filter.lets_through(total(text)));
        assert_eq!(earn, [false, true, false]);
    }

    #[test]
    fn conditions_are_alternatives() {
        let filter = read(r#"{"amount":[{"numeric":["=",5]},{"numeric":[">=",80]}]}"#).unwrap();
        assert_eq!(
            ["5.00", "6.00", "90.00"].map(|text| filter.lets_through(total(text))),
            [true, false, true]
        );
        assert_eq!(filter.to_string(), "of = 5 or >= 80");
    }

    #[test]
    fn missing_policy_passes_everything() {
        let none = AmountFilter::read(&Filter { policy: None, scope: None }).unwrap();
        assert!(none.lets_through(Amount::MIN) && read("{}").unwrap().lets_through(Amount::MIN));
    }

    #[test]
    fn unsupported_policy_is_an_error() {
        for policy in [
            "",
            "80",
            r#"{"total": [{"numeric": [">=", 80]}]}"#,
            r#"{"amount": [{"numeric": [">=", 80]}], "type": [{"numeric": ["=", 1]}]}"#,
            r#"{"amount": [{"numeric": [">=", 80]}], "type": ["order.placed"]}"#,
            r#"{"amount": []}"#,
            r#"{"amount": [80]}"#,
            r#"{"amount": ["80"]}"#,
            r#"{"amount": [{"anything-but": [80]}]}"#,
            r#"{"amount": [{"exists": true}]}"#,
            r#"{"amount": [{"numeric": []}]}"#,
            r#"{"amount": [{"numeric": [">="]}]}"#,
            r#"{"amount": [{"numeric": [">=", "80"]}]}"#,
            r#"{"amount": [{"numeric": [">=", 8e1]}]}"#,
            r#"{"amount": [{"numeric": ["!=", 80]}]}"#,
            r#"{"amount": [{"numeric": [">=", 80], "exists": []}]}"#,
        ] {
            let error = read(policy).expect_err(policy).to_string();
            assert!(
                error.contains("cannot determine which orders earn a coupon"),
                "{policy}: {error}"
            );
        }
        let body = Filter { policy: Some("{}".to_owned()), scope: Some("MessageBody".to_owned()) };
        assert!(AmountFilter::read(&body).unwrap_err().to_string().contains("MessageBody"));
    }

    /// Bounds are in units of 0.00001, the finest that SNS supports.
    const UNITS_PER_CENT: i64 = 1_000;

    fn bound() -> impl Strategy<Value = (&'static str, i64)> {
        let near_cents =
            (-3..30_i64, -2..=2_i64).prop_map(|(cents, off)| cents * UNITS_PER_CENT + off);
        (prop::sample::select(&COMPARISONS[..]), near_cents)
    }

    fn number(units: i64) -> String {
        let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
        format!("{sign}{}.{:05}", units / 100_000, units % 100_000)
    }

    proptest! {
        #[test]
        fn filter_agrees_with_integer_arithmetic(
            ranges in prop::collection::vec(prop::collection::vec(bound(), 1..=2), 1..=3),
            cents in 1..30_u64,
        ) {
            let condition = |bounds: &Vec<(&str, i64)>| {
                let terms: Vec<_> = bounds.iter().map(|(sign, units)| format!("\"{sign}\",{}", number(*units))).collect();
                format!("{{\"numeric\":[{}]}}", terms.join(","))
            };
            let policy = format!("{{\"amount\":[{}]}}", ranges.iter().map(condition).collect::<Vec<_>>().join(","));
            let units = i64::try_from(cents).unwrap() * UNITS_PER_CENT;
            let expected = ranges.iter().any(|bounds| bounds.iter().all(|(sign, bound)| match *sign {
                "=" => units == *bound,
                "<" => units < *bound,
                "<=" => units <= *bound,
                ">" => units > *bound,
                _ => units >= *bound,
            }));
            prop_assert_eq!(read(&policy).unwrap().lets_through(Amount::from_cents(cents).unwrap()), expected, "{}", policy);
        }
    }
}
