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
                let is_name =
                    name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '.');
                ensure!(is_name, "`{name}` is no type of an event: {HELP}");
                Ok(Self::Type(name.to_owned()))
            }
            ["amount", sign, number] => Ok(Self::Amount(vec![(operator(sign)?, amount(number)?)])),
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
        Ok(Self::Amount(vec![(above, low), (operator(high_sign)?, high)]))
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
            Self::Type(name) => format!("{{ type: [{name}] }}"),
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
            ("type = order.placed", "{ type: [order.placed] }", "events of type order.placed"),
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
        ] {
            let error = Filter::parse(text).unwrap_err().to_string();
            assert!(
                error.contains("use `amount` with") && !error.contains('\n'),
                "{text}: {error}"
            );
        }
    }
}
