//! Suggested values for the order form.

use domain::Amount;

use crate::request::FormInput;

const NAMES: [&str; 12] = [
    "Ada Lovelace",
    "Alan Turing",
    "Annie Easley",
    "Barbara Liskov",
    "Edsger Dijkstra",
    "Evelyn Boyd Granville",
    "Frances Allen",
    "Grace Hopper",
    "Katherine Johnson",
    "Margaret Hamilton",
    "Radia Perlman",
    "Tony Hoare",
];

/// Returns a random name and an amount from 20.00 to 140.00. About half of the amounts earn a
/// coupon.
pub(crate) fn suggest() -> FormInput {
    let random = || getrandom::u64().expect("the operating system gives random numbers");
    let name = usize::try_from(random() % NAMES.len() as u64).expect("an index of a short list");
    let amount =
        Amount::from_cents(2_000 + random() % 12_001).expect("20.00 to 140.00 is in range");
    FormInput {
        customer: NAMES[name].to_owned(),
        amount: amount.to_string(),
        ..FormInput::default()
    }
    .with_fresh_key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suggestion_is_a_valid_order() {
        for _ in 0..1_000 {
            let FormInput { customer, amount, .. } = suggest();
            assert!(customer.parse::<domain::CustomerName>().is_ok());
            let amount: Amount = amount.parse().unwrap();
            assert!((2_000..=14_000).contains(&amount.cents()));
        }
    }
}
