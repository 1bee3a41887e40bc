//! The orders that a subscriber gets, as `--filter` says it.

use anyhow::{Result, bail, ensure};

/// A condition on a message attribute that SNS checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Operators and amounts in US dollars, both of a range.
    Amount(Vec<(&'static str, String)>),
    /// The event's type.
    Type(String),
}

/// The types of the events on the orders topic, as `crates/domain` defines them.
const EVENT_TYPES: [&str; 1] = ["order.placed"];

/// The smallest and the largest amount of an order, in cents, as `crates/domain` defines them.
const MIN_CENTS: u64 = 1;
const MAX_CENTS: u64 = 99_999_999_999;

/// SNS's operators for numbers.
const OPERATORS: [&str; 5] = ["<=", ">=", "<", ">", "="];

const HELP: &str = "use `amount` with =, <, <=, > or >=, as in 'amount >= 100' or '10 <= amount < 100', or \
     'type = order.placed'; for anything else edit the subscription in template.yaml afterwards";

impl Filter {
    /// Parses `amount >= 100`, `10 <= amount < 100` or `type = order.placed`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let tokens = tokens(text);
        let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
        match tokens[..] {
            ["type", "=", name] => {
                ensure!(
                    EVENT_TYPES.contains(&name),
                    "no event has the type `{name}`, only {}: {HELP}",
                    EVENT_TYPES.join(", ")
                );
                Ok(Self::Type(name.to_owned()))
            }
            ["amount", sign, number] => Self::amounts(vec![(operator(sign)?, amount(number)?)]),
            [low, low_sign, "amount", high_sign, high] => {
                Self::range(low, low_sign, high_sign, high)
            }
            _ => bail!("`{text}` is no filter: {HELP}"),
        }
    }

    fn range(low: &str, low_sign: &str, high_sign: &str, high: &str) -> Result<Self> {
        let above = match low_sign {
            "<" => ">",
            "<=" => ">=",
            _ => bail!("a range is written '10 <= amount < 100': {HELP}"),
        };
        ensure!(high_sign.starts_with('<'), "a range is written '10 <= amount < 100': {HELP}");
        let (low, high) = (amount(low)?, amount(high)?);
        ensure!(cents(&low) < cents(&high), "no amount is above {low} and below {high}: {HELP}");
        Self::amounts(vec![(above, low), (operator(high_sign)?, high)])
    }

    /// Fails if no order has such an amount.
    fn amounts(conditions: Vec<(&'static str, String)>) -> Result<Self> {
        let (mut least, mut most) = (MIN_CENTS, MAX_CENTS);
        for (sign, amount) in &conditions {
            let cents = cents(amount);
            if [">", ">=", "="].contains(sign) {
                least = least.max(if *sign == ">" { cents + 1 } else { cents });
            }
            if ["<", "<=", "="].contains(sign) {
                most = most.min(if *sign == "<" { cents.saturating_sub(1) } else { cents });
            }
        }
        ensure!(
            least <= most,
            "no order has such an amount: amounts are from 0.01 to 999999999.99, in cents: {HELP}"
        );
        Ok(Self::Amount(conditions))
    }

    /// The subscription's `FilterPolicy`, as YAML.
    pub(crate) fn policy(&self) -> String {
        match self {
            Self::Amount(conditions) => {
                let conditions: Vec<_> = conditions
                    .iter()
                    .map(|(sign, amount)| format!("\"{sign}\", {amount}"))
                    .collect();
                format!("{{ amount: [{{ numeric: [{}] }}] }}", conditions.join(", "))
            }
            Self::Type(name) => format!("{{ type: [\"{name}\"] }}"),
        }
    }

    /// Which orders it lets through, for a comment.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Amount(conditions) => {
                let conditions: Vec<_> =
                    conditions.iter().map(|(sign, amount)| format!("{sign} ${amount}")).collect();
                format!("orders of {}", conditions.join(" and "))
            }
            Self::Type(name) => format!("events of type {name}"),
        }
    }
}

/// Splits at spaces and around operators.
fn tokens(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if !['<', '>', '='].contains(&letter) {
            spaced.push(letter);
            continue;
        }
        spaced.extend([' ', letter]);
        spaced.extend(letters.next_if_eq(&'='));
        spaced.push(' ');
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn operator(sign: &str) -> Result<&'static str> {
    match OPERATORS.into_iter().find(|operator| *operator == sign) {
        Some(operator) => Ok(operator),
        None => bail!("`{sign}` is no operator: {HELP}"),
    }
}

/// An amount in the form of the API: digits, and at most two decimals.
fn amount(text: &str) -> Result<String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits =
        |digits: &str| !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
    let is_amount = are_digits(whole)
        && are_digits(decimals)
        && (1..=9).contains(&whole.len())
        && decimals.len() <= 2;
    ensure!(
        is_amount && (whole.len() == 1 || !whole.starts_with('0')),
        "`{text}` is no amount in US dollars such as 100 or 99.50: {HELP}"
    );
    Ok(text.to_owned())
}

fn cents(amount: &str) -> u64 {
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount, ""));
    format!("{whole}{decimals:0<2}").parse().expect("an amount has digits only")
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::BTreeSet;
    use std::fs;

    use devstack::root;
    use serde_json::Value;

    #[test]
    fn filters_become_sns_policies() {
        for (text, policy, described) in [
            ("amount >= 100", r#"{ amount: [{ numeric: [">=", 100] }] }"#, "orders of >= $100"),
            ("amount<99.50", r#"{ amount: [{ numeric: ["<", 99.50] }] }"#, "orders of < $99.50"),
            ("amount = 5", r#"{ amount: [{ numeric: ["=", 5] }] }"#, "orders of = $5"),
            (
                "10<=amount<100",
                r#"{ amount: [{ numeric: [">=", 10, "<", 100] }] }"#,
                "orders of >= $10 and < $100",
            ),
            ("type = order.placed", r#"{ type: ["order.placed"] }"#, "events of type order.placed"),
            ("amount > 0", r#"{ amount: [{ numeric: [">", 0] }] }"#, "orders of > $0"),
            ("amount <= 0.01", r#"{ amount: [{ numeric: ["<=", 0.01] }] }"#, "orders of <= $0.01"),
            (
                "10 < amount < 10.02",
                r#"{ amount: [{ numeric: [">", 10, "<", 10.02] }] }"#,
                "orders of > $10 and < $10.02",
            ),
        ] {
            let filter = Filter::parse(text).unwrap();
            assert_eq!((&*filter.policy(), &*filter.describe()), (policy, described));
        }
    }

    #[test]
    fn wrong_filters_say_what_is_possible() {
        for text in [
            "",
            "amount",
            "amount >=",
            "amount => 100",
            "amount >= -1",
            "amount >= 1.234",
            "amount >= 1e3",
            "amount >= $100",
            "amount >= 007",
            "customer = Ada",
            "type = Order",
            "100 <= amount < 10",
            "10 > amount > 5",
            "10 < amount",
            "amount >= 1000000000",
            "type > a",
            "type = order.cancelled",
            "type = no",
            "type = .",
            "amount < 0.01",
            "amount <= 0",
            "amount = 0.00",
            "amount > 999999999.99",
            "10 < amount < 10.01",
            "0 <= amount < 0.01",
            "999999999.99 < amount <= 1000000000",
        ] {
            let error = Filter::parse(text).unwrap_err().to_string();
            assert!(
                error.contains("use `amount` with") && !error.contains('\n'),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn event_types_are_those_of_the_domains_golden_files() {
        let folder = root().join("crates/domain/src/golden");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let types: BTreeSet<String> = files
            .filter_map(|file| {
                let text = fs::read_to_string(file).unwrap();
                let value: Value = serde_json::from_str(&text).unwrap();
                Some(value["type"].as_str()?.to_owned())
            })
            .collect();
        assert_eq!(types, EVENT_TYPES.map(str::to_owned).into());
    }

    #[test]
    fn amounts_have_the_limits_of_the_published_event() {
        let events = root().join("docs/reference/order-placed.asyncapi.json");
        let limits =
            [MIN_CENTS, MAX_CENTS].map(|cents| format!("{}.{:02}", cents / 100, cents % 100));
        let described = format!("US dollars, {}, written with two decimals", limits.join(" to "));
        assert!(fs::read_to_string(events).unwrap().contains(&described), "{described}");
    }
}
