//! Codes that people read aloud and type.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 12 characters out of 32 that cannot be mistaken for one another (no `0 O 1 I`): 60 bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// Makes a code of 12 random bytes, which must come from a secure source. Each byte gives one character,
    /// and as 32 divides 256, every character is equally likely.
    #[must_use]
    pub fn from_entropy(bytes: [u8; 12]) -> Self {
        Self(bytes.iter().map(|byte| char::from(Self::ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// A code read back from where it was kept.
    #[must_use]
    pub fn from_stored(code: String) -> Self {
        Self(code)
    }

    /// The code, upper case and without separators.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_character_is_equally_likely() {
        let all = (0..=u8::MAX).map(|byte| Code::from_entropy([byte; 12]).as_str().as_bytes()[0]);
        let mut counts = std::collections::BTreeMap::new();
        for character in all {
            *counts.entry(character).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 32);
        assert_eq!(counts.into_values().collect::<BTreeSet<_>>(), BTreeSet::from([8]));
    }

    proptest! {
        #[test]
        fn is_twelve_unambiguous_characters(bytes: [u8; 12]) {
            let code = Code::from_entropy(bytes);
            prop_assert_eq!(code.as_str().len(), 12);
            prop_assert_eq!(code.to_string(), code.as_str());
            prop_assert!(!code.as_str().contains(['0', 'O', '1', 'I']));
            prop_assert!(code.as_str().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()));
        }
    }
}
