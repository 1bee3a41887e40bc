//! Idempotency keys.

use std::fmt;
use std::str::FromStr;

/// A key that a client sends with a request and with every repetition of it: 1 to 255 characters
/// (Unicode scalar values), without control characters and commas. Gateways join two header lines
/// with a comma, so a key with a comma may be two keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text is not an [`IdempotencyKey`]. The message is for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 255 characters, none of them a control character or a comma")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The longest key, in Unicode scalar values.
    pub const MAX_CHARS: usize = 255;

    /// The key as the client sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let length = text.chars().count();
        if !(1..=Self::MAX_CHARS).contains(&length)
            || text.contains(|c: char| c.is_control() || c == ',')
        {
            return Err(IdempotencyKeyError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_has_1_to_255_characters_and_no_control_or_comma() {
        for good in ["x", " ", &"é".repeat(255)] {
            let key: IdempotencyKey = good.parse().unwrap();
            assert_eq!((key.as_str(), key.to_string().as_str()), (good, good));
        }
        for bad in ["", &"x".repeat(256), "a\0b", "a\u{85}b", "a\nb", "a,b", "a, a", ","] {
            assert_eq!(bad.parse::<IdempotencyKey>(), Err(IdempotencyKeyError), "{bad:?}");
        }
    }
}
