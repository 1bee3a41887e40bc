//! Customers' names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A customer's name: 1 to 100 characters (Unicode scalar values) after trimming, without control
/// characters, U+FFFE and U+FFFF. Events contain the name, and SQS rejects messages with those
/// characters
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>).
///
/// Personal data: `Debug` hides it, so it cannot get into a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerName(String);

/// Why a text is not a [`CustomerName`]. The messages are for the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomerNameError {
    /// Empty, or only spaces.
    #[error("must not be empty")]
    Empty,
    /// More than [`CustomerName::MAX_CHARS`].
    #[error("must be at most 100 characters long")]
    TooLong,
    /// Contains a control character, such as a line break, a tab or a zero byte.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Contains U+FFFE or U+FFFF, which are not characters.
    #[error("must not contain U+FFFE or U+FFFF, which no message can carry")]
    Noncharacter,
}

impl CustomerName {
    /// The longest name, in Unicode scalar values.
    pub const MAX_CHARS: usize = 100;

    /// The name as the customer wrote it, trimmed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CustomerName {
    type Err = CustomerNameError;

    fn from_str(text: &str) -> Result<Self, CustomerNameError> {
        let name = text.trim();
        if name.is_empty() {
            return Err(CustomerNameError::Empty);
        }
        if name.chars().any(char::is_control) {
            return Err(CustomerNameError::ControlCharacter);
        }
        if name.contains(['\u{fffe}', '\u{ffff}']) {
            return Err(CustomerNameError::Noncharacter);
        }
        if name.chars().count() > Self::MAX_CHARS {
            return Err(CustomerNameError::TooLong);
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for CustomerName {
    type Error = CustomerNameError;

    fn try_from(text: String) -> Result<Self, CustomerNameError> {
        text.parse()
    }
}

impl From<CustomerName> for String {
    fn from(name: CustomerName) -> Self {
        name.0
    }
}

impl fmt::Debug for CustomerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CustomerName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn name_is_trimmed_and_otherwise_unchanged() {
        assert_eq!("  Ada  Lovelace ".parse::<CustomerName>().unwrap().as_str(), "Ada  Lovelace");
        assert_eq!("<b>&amp;".parse::<CustomerName>().unwrap().as_str(), "<b>&amp;");
    }

    #[test]
    fn name_limit_counts_characters_not_bytes() {
        let hundred = "é".repeat(100);
        assert_eq!(hundred.parse::<CustomerName>().unwrap().as_str(), hundred);
        assert_eq!("é".repeat(101).parse::<CustomerName>(), Err(CustomerNameError::TooLong));
    }

    #[test]
    fn name_rejects_empty_and_control_characters() {
        assert_eq!("".parse::<CustomerName>(), Err(CustomerNameError::Empty));
        assert_eq!(" \t\u{a0}".parse::<CustomerName>(), Err(CustomerNameError::Empty));
        for text in ["a\0b", "a\nb", "a\u{7f}b", "a\u{9f}b"] {
            assert_eq!(
                text.parse::<CustomerName>(),
                Err(CustomerNameError::ControlCharacter),
                "{text:?}"
            );
        }
    }

    #[test]
    fn name_rejects_noncharacters_sqs_cannot_carry() {
        for text in ["Ada\u{fffe}", "Ada\u{ffff}", "\u{ffff}"] {
            assert_eq!(
                text.parse::<CustomerName>(),
                Err(CustomerNameError::Noncharacter),
                "{text:?}"
            );
        }
        for text in ["\u{fffd}", "\u{e000}", "\u{1fffe}", "\u{10ffff}"] {
            assert!(text.parse::<CustomerName>().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn debug_redacts_customer_name() {
        assert_eq!(format!("{:?}", "Ada".parse::<CustomerName>().unwrap()), "CustomerName(…)");
    }

    proptest! {
        #[test]
        fn accepted_name_is_trimmed_and_valid(text in "\\PC{0,120}|.*") {
            if let Ok(name) = text.parse::<CustomerName>() {
                prop_assert_eq!(name.as_str(), text.trim());
                prop_assert!((1..=100).contains(&name.as_str().chars().count()));
                prop_assert_eq!(name.as_str().parse::<CustomerName>(), Ok(name));
            }
        }
    }
}
