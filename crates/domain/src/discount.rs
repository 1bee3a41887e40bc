//! The discount that a coupon gives on an order.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::amount::{cents_of_plain, write_cents};
use crate::{Amount, AmountError, Code};

/// A coupon spent on an order, and the discount it gave. Also part of the order's view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The coupon's code.
    pub code: Code,
    /// The discount in percent.
    pub percent: u8,
    /// The discount in US dollars; less than the order's amount.
    pub amount: AmountOff,
}

/// A discount in US dollars, at least 0.00, stored as integer cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AmountOff {
    cents: u64,
}

impl AmountOff {
    /// Returns `percent` of an amount, rounded half-even to the cent, but never all of it: at least
    /// one cent stays to pay, because an order's total is an [`Amount`] and subscribers to version
    /// 1 of the event cannot parse 0.00.
    #[must_use]
    pub fn percent_of(percent: u8, amount: Amount) -> Self {
        let exact =
            Decimal::from_i128_with_scale(i128::from(amount.cents()) * i128::from(percent), 2);
        let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
        // 255% of the largest amount fits in a u64. A larger value would be capped below anyway.
        let cents = u64::try_from(rounded).unwrap_or(u64::MAX);
        Self { cents: cents.min(amount.cents() - Amount::MIN.cents()) }
    }

    /// The amount in cents.
    #[must_use]
    pub fn cents(self) -> u64 {
        self.cents
    }

    /// Returns the rest of an amount to pay, or `None` if the discount is all of it or more.
    #[must_use]
    pub fn taken_off(self, amount: Amount) -> Option<Amount> {
        amount.cents().checked_sub(self.cents).and_then(Amount::from_cents)
    }
}

impl FromStr for AmountOff {
    type Err = AmountError;

    /// Parses a decimal string such as `16.3`, `16.30` or `0`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        cents_of_plain(text).map(|cents| Self { cents })
    }
}

impl fmt::Display for AmountOff {
    /// Writes two decimals without separators: `0.00`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cents(self.cents, formatter)
    }
}

impl TryFrom<String> for AmountOff {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<AmountOff> for String {
    fn from(amount: AmountOff) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn off(percent: u8, amount: &str) -> String {
        AmountOff::percent_of(percent, amount.parse().unwrap()).to_string()
    }

    #[test]
    fn twenty_percent_rounds_to_the_cent() {
        for (amount, expected) in [
            ("81.50", "16.30"),
            ("90.00", "18.00"),
            ("12.34", "2.47"),
            ("0.01", "0.00"),
            ("0.02", "0.00"),
            ("0.03", "0.01"),
            ("999999999.99", "200000000.00"),
        ] {
            assert_eq!(off(20, amount), expected, "{amount}");
        }
    }

    #[test]
    fn discount_rounds_half_even() {
        for (amount, expected) in
            [("0.01", "0.00"), ("0.03", "0.02"), ("0.05", "0.02"), ("0.07", "0.04")]
        {
            assert_eq!(off(50, amount), expected, "{amount}");
        }
    }

    #[test]
    fn discount_leaves_at_least_one_cent() {
        for (percent, amount, expected) in [
            (100, "81.50", "81.49"),
            (255, "81.50", "81.49"),
            (99, "0.01", "0.00"),
            (0, "81.50", "0.00"),
        ] {
            assert_eq!(off(percent, amount), expected, "{percent}% of {amount}");
        }
    }

    #[test]
    fn discount_of_the_whole_amount_leaves_no_total() {
        let amount = Amount::from_cents(100).unwrap();
        let left = ["0", "0.99", "1.00", "1.01"]
            .map(|off| off.parse::<AmountOff>().unwrap().taken_off(amount));
        assert_eq!(left, [Some(amount), Some(Amount::MIN), None, None]);
    }

    proptest! {
        #[test]
        fn discount_is_within_half_a_cent_of_the_exact_share(cents in 1..=Amount::MAX.cents(), percent in 0..=99_u8) {
            let amount = Amount::from_cents(cents).unwrap();
            let off = AmountOff::percent_of(percent, amount);
            // In hundredths of a cent, so the share is a whole number.
            let (off_hundredths, share) = (i128::from(off.cents()) * 100, i128::from(cents) * i128::from(percent));
            let error = (off_hundredths - share).abs();
            let capped = off.cents() == cents - 1 && off_hundredths < share;
            prop_assert!(capped || error < 50 || (error == 50 && off.cents().is_multiple_of(2)), "{} of {}", off, amount);
        }

        #[test]
        fn total_plus_discount_equals_amount(cents in 1..=Amount::MAX.cents(), percent: u8) {
            let amount = Amount::from_cents(cents).unwrap();
            let off = AmountOff::percent_of(percent, amount);
            let total = off.taken_off(amount).expect("at least a cent");
            prop_assert_eq!(total.cents() + off.cents(), cents);
        }

        #[test]
        fn displayed_amount_parses_back(cents in 0..=Amount::MAX.cents()) {
            let off = AmountOff { cents };
            prop_assert_eq!(off.to_string(), format!("{}.{:02}", cents / 100, cents % 100));
            prop_assert_eq!(off.to_string().parse(), Ok(off));
        }
    }
}
