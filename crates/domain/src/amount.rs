//! Money: stored as whole cents, written as a decimal string with two places.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An amount of money in US dollars, from 0.01 to 999999999.99, stored as integer cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount {
    cents: u64,
}

/// Why a text is not an [`Amount`]. The messages are for the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a plain decimal number.
    #[error("must be a decimal number, such as 81.50")]
    NotANumber,
    /// More than two decimals.
    #[error("must have at most two decimals")]
    TooManyDecimals,
    /// Below one cent, or above the largest amount.
    #[error("must be between 0.01 and 999999999.99")]
    OutOfRange,
}

impl Amount {
    /// The smallest amount, one cent.
    pub const MIN: Self = Self { cents: 1 };
    /// The largest amount, 999,999,999.99.
    pub const MAX: Self = Self { cents: 99_999_999_999 };

    /// The number of digits of the largest amount in cents.
    const MAX_DIGITS: i64 = 11;

    /// Returns an amount of this many cents, or `None` if it is out of range.
    #[must_use]
    pub fn from_cents(cents: u64) -> Option<Self> {
        let amount = Self { cents };
        (Self::MIN..=Self::MAX).contains(&amount).then_some(amount)
    }

    /// The amount in cents.
    #[must_use]
    pub fn cents(self) -> u64 {
        self.cents
    }

    /// Parses a JSON number by value and exactly, without a float: `1e2` is 100, `81.500` is 81.50.
    pub fn from_json_number(text: &str) -> Result<Self, AmountError> {
        if text.starts_with('-') {
            return Err(AmountError::OutOfRange);
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        Self::from_scientific(mantissa, exponent)
    }

    /// Shifts the decimal point within the digits, because no number type holds every number that
    /// JSON can express.
    fn from_scientific(mantissa: &str, exponent: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let exponent: i64 = exponent.parse().map_err(|_| AmountError::OutOfRange)?;
        let length =
            |digits: &str| i64::try_from(digits.len()).map_err(|_| AmountError::OutOfRange);
        // The value in cents is the digits times ten to the power of `shift`.
        let shift = exponent.saturating_sub(length(fraction)?).saturating_add(2);
        if length(digits)?.saturating_add(shift) > Self::MAX_DIGITS {
            return Err(AmountError::OutOfRange);
        }
        let zeros = "0".repeat(usize::try_from(shift).unwrap_or(0));
        let dropped = usize::try_from(shift.saturating_neg()).unwrap_or(0).min(digits.len());
        let (kept, dropped) = digits.split_at(digits.len() - dropped);
        if dropped.bytes().any(|digit| digit != b'0') {
            return Err(AmountError::TooManyDecimals);
        }
        let cents = format!("0{kept}{zeros}").parse().map_err(|_| AmountError::OutOfRange)?;
        Self::from_cents(cents).ok_or(AmountError::OutOfRange)
    }

    fn from_plain(text: &str) -> Result<Self, AmountError> {
        cents_of_plain(text)
            .and_then(|cents| Self::from_cents(cents).ok_or(AmountError::OutOfRange))
    }
}

/// Parses digits, optionally followed by a point and at most two more digits, into cents. No sign,
/// exponent or spaces. Zero is valid.
pub(crate) fn cents_of_plain(text: &str) -> Result<u64, AmountError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(AmountError::NotANumber);
    }
    if fraction.len() > 2 {
        return Err(AmountError::TooManyDecimals);
    }
    let amount = Decimal::from_str_exact(text).map_err(|_| AmountError::OutOfRange)?;
    let cents =
        amount.checked_mul(Decimal::ONE_HUNDRED).and_then(|cents| u64::try_from(cents).ok());
    cents.ok_or(AmountError::OutOfRange)
}

/// Writes two decimals without separators: `1234.50`.
pub(crate) fn write_cents(cents: u64, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    fmt::Display::fmt(&Decimal::from_i128_with_scale(cents.into(), 2), formatter)
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Parses a decimal string such as `80`, `80.0` or `80.00`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        Self::from_plain(text)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cents(self.cents, formatter)
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::mutated_text;
    use proptest::prelude::*;

    /// Parses a plain text into cents by counting digits.
    fn nonzero_count(text: &str) -> Option<u64> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| {
            !part.is_empty() && part.chars().all(|character| character.is_ascii_digit())
        };
        if !digits(whole) || !digits(fraction) || fraction.len() > 2 {
            return None;
        }
        format!("{}{fraction:0<2}", whole.trim_start_matches('0'))
            .parse()
            .ok()
            .filter(|cents| (1..=99_999_999_999).contains(cents))
    }

    #[test]
    fn amount_parses_decimal_text() {
        for (text, cents) in
            [("80", 8000), ("80.0", 8000), ("80.00", 8000), ("0.01", 1), ("007.5", 750)]
        {
            assert_eq!(text.parse::<Amount>().unwrap().cents(), cents, "{text}");
        }
    }

    #[test]
    fn amount_rejects_invalid_text_with_a_reason() {
        use AmountError::{NotANumber, OutOfRange, TooManyDecimals};
        for (text, error) in [
            ("", NotANumber),
            ("abc", NotANumber),
            ("8O.00", NotANumber),
            (".5", NotANumber),
            ("5.", NotANumber),
            ("1_000", NotANumber),
            ("1,000.00", NotANumber),
            ("+80", NotANumber),
            ("-80", NotANumber),
            ("1e2", NotANumber),
            ("NaN", NotANumber),
            (" 80", NotANumber),
            ("٨٠", NotANumber),
            ("80.001", TooManyDecimals),
            ("80.000", TooManyDecimals),
            ("0.001", TooManyDecimals),
            ("0", OutOfRange),
            ("0.00", OutOfRange),
            ("1000000000", OutOfRange),
            ("1000000000.00", OutOfRange),
            ("99999999999999999999999999999999999999", OutOfRange),
        ] {
            assert_eq!(text.parse::<Amount>(), Err(error), "{text}");
        }
    }

    #[test]
    fn amount_parses_json_number_text() {
        use AmountError::{OutOfRange, TooManyDecimals};
        for (text, expected) in [
            ("80", Ok(8000)),
            ("79.99", Ok(7999)),
            ("1e2", Ok(10_000)),
            ("8.15E+1", Ok(8150)),
            ("999999999.99", Ok(99_999_999_999)),
            ("0.1e-1", Ok(1)),
            ("81.500", Ok(8150)),
            ("8.1500e1", Ok(8150)),
            ("0.010000000000000000000000000000000000000000", Ok(1)),
            ("81.501", Err(TooManyDecimals)),
            ("1e-3", Err(TooManyDecimals)),
            ("79.99999999999999999999999999999999999e0", Err(TooManyDecimals)),
            ("7.9999999999999999999999999999999999e1", Err(TooManyDecimals)),
            ("1e-999999999999999999999", Err(OutOfRange)),
            ("1e-99999999999", Err(TooManyDecimals)),
            ("0e5", Err(OutOfRange)),
            ("0e99999999999", Err(OutOfRange)),
            ("79.999999999999999999999999", Err(TooManyDecimals)),
            ("-80", Err(OutOfRange)),
            ("-8e1", Err(OutOfRange)),
            ("1e400", Err(OutOfRange)),
            ("1000000000", Err(OutOfRange)),
        ] {
            assert_eq!(Amount::from_json_number(text).map(Amount::cents), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn displayed_amount_parses_back(cents in Amount::MIN.cents..=Amount::MAX.cents) {
            let amount = Amount::from_cents(cents).unwrap();
            let shown = amount.to_string();
            prop_assert_eq!(&shown, &format!("{}.{:02}", cents / 100, cents % 100));
            prop_assert_eq!(shown.parse::<Amount>(), Ok(amount));
            prop_assert_eq!(Amount::from_json_number(&shown), Ok(amount));
        }

        #[test]
        fn json_exponent_preserves_the_cents(
            cents in Amount::MIN.cents..=Amount::MAX.cents, zeros in 0_usize..60, more in 1_u8..=9
        ) {
            let written = format!("{cents}{}e-{}", "0".repeat(zeros), zeros + 2);
            prop_assert_eq!(Amount::from_json_number(&written).map(Amount::cents), Ok(cents));
            let plain = format!("{}.{:02}{}", cents / 100, cents % 100, "0".repeat(zeros));
            prop_assert_eq!(Amount::from_json_number(&plain).map(Amount::cents), Ok(cents));
            let finer = format!("{cents}{}{more}e-{}", "0".repeat(zeros), zeros + 3);
            prop_assert_eq!(Amount::from_json_number(&finer), Err(AmountError::TooManyDecimals));
        }

        #[test]
        fn mutated_text_parses_to_its_digits(text in mutated_text(include_str!("corpus/amounts.txt"))) {
            let read = text.parse::<Amount>().ok().map(Amount::cents);
            prop_assert_eq!(read, nonzero_count(&text));
            if nonzero_count(&text).is_some() {
                prop_assert_eq!(Amount::from_json_number(&text).map(Amount::cents).ok(), read);
            }
        }

        #[test]
        fn amount_parser_never_panics_or_exceeds_its_range(text in ".*", number in r"-?[0-9]{0,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,5})?") {
            for read in [text.parse::<Amount>(), number.parse(), Amount::from_json_number(&number)].into_iter().flatten() {
                prop_assert!((Amount::MIN..=Amount::MAX).contains(&read));
            }
        }
    }
}
