//! Codes that people read aloud and type: coupon codes and tracking numbers.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::uts46::Uts46MapperBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use serde::{Deserialize, Serialize};

/// 12 characters from an alphabet of 32 without look-alikes (no `0 O 1 I`): 60 bits.
///
/// A coupon's code is worth money. `Debug` hides it and there is no `Display`, so it cannot get
/// into a log.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

/// The text is not a [`Code`]. The error does not say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a code")]
pub struct CodeError;

impl Code {
    /// The number of characters in a code.
    const LENGTH: usize = 12;
    /// The number of characters in a group.
    const GROUP: usize = 4;
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// Makes a code from 12 random bytes, which must come from a secure source. Each byte selects
    /// one character. 32 divides 256, so every character is equally likely.
    #[must_use]
    pub fn from_entropy(bytes: [u8; 12]) -> Self {
        Self(bytes.iter().map(|byte| char::from(Self::ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// Wraps a code from storage (upper case, without separators), without checking it.
    #[must_use]
    pub fn from_stored(code: String) -> Self {
        Self(code)
    }

    /// Whether the text contains only spaces, dashes and invisible characters.
    #[must_use]
    pub fn is_blank(text: &str) -> bool {
        text.chars().all(is_separator)
    }

    /// The code in upper case without separators, for storage and comparison.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code for people: groups of four separated by hyphens.
    #[must_use]
    pub fn grouped(&self) -> String {
        let characters: Vec<_> = self.0.chars().collect();
        characters.chunks(Self::GROUP).map(String::from_iter).collect::<Vec<_>>().join("-")
    }
}

impl FromStr for Code {
    type Err = CodeError;

    /// Parses what a person typed or pasted. Ignores case, spaces, dashes and invisible characters,
    /// and accepts compatibility forms such as full-width letters.
    ///
    /// Uses UTS 46, which is NFKC with case folding: the functions already contain its tables for
    /// host names. NFKC's own tables would add 58 kB to each binary that reads codes.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mapper = Uts46MapperBorrowed::new();
        let characters = mapper.map_normalize(text.chars().filter(|c| !is_separator(*c)));
        let code: String = characters.map(|c| c.to_ascii_uppercase()).collect();
        let known = code.bytes().all(|byte| Self::ALPHABET.contains(&byte));
        if known && code.len() == Self::LENGTH { Ok(Self(code)) } else { Err(CodeError) }
    }
}

/// Spaces, dashes, the minus sign and format characters (the soft hyphen, zero-width characters,
/// bidi marks).
fn is_separator(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    let is_invisible_or_dash =
        matches!(category, GeneralCategory::DashPunctuation | GeneralCategory::Format);
    character.is_whitespace() || is_invisible_or_dash || character == '\u{2212}'
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn code_characters_are_equally_likely() {
        let all = (0..=u8::MAX).map(|byte| Code::from_entropy([byte; 12]).as_str().as_bytes()[0]);
        let mut counts = std::collections::BTreeMap::new();
        for character in all {
            *counts.entry(character).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 32);
        assert_eq!(counts.into_values().collect::<BTreeSet<_>>(), BTreeSet::from([8]));
    }

    #[test]
    fn code_displays_in_groups_of_four() {
        assert_eq!(Code::from_stored("ABCDEFGHJKLM".to_owned()).grouped(), "ABCD-EFGH-JKLM");
        assert_eq!(
            Code::from_stored("ÄBCDE".to_owned()).grouped(),
            "ÄBCD-E",
            "whatever was kept can be shown"
        );
    }

    #[test]
    fn code_parses_as_typed_or_pasted() {
        for typed in [
            "ABCDEFGHJKLM",
            "ABCD-EFGH-JKLM",
            "abcd efgh jklm",
            " aBcD\t-\u{a0}EfGh—jklm\n",
            "ABCD\u{2011}EFGH\u{2010}JK\u{ad}LM",
            "ABCD\u{ff0d}EFGH\u{fe63}JK\u{2212}LM",
            "\u{feff}AB\u{200b}CD\u{2060}EF\u{200d}GH\u{202e}JKLM\u{200f}",
            "ABCD\u{202f}EFGH\u{3000}JKLM\u{2007}",
            "ＡＢＣＤ－ＥＦＧＨ－ＪＫＬＭ",
            "ａｂｃｄｅｆｇｈｊｋｌｍ",
            "𝐀𝐁𝐂𝐃ⓔⓕⓖⓗʲᵏˡᵐ",
        ] {
            assert_eq!(
                typed.parse::<Code>().map(|code| code.0),
                Ok("ABCDEFGHJKLM".to_owned()),
                "{typed:?}"
            );
        }
    }

    #[test]
    fn blank_text_is_spaces_dashes_and_invisible_characters() {
        for blank in ["", " ", "\u{200b}", " -\u{feff}\u{2212} "] {
            assert!(Code::is_blank(blank) && blank.parse::<Code>().is_err(), "{blank:?}");
        }
        assert!(!Code::is_blank(" A "));
    }

    #[test]
    fn code_rejects_other_text() {
        for typed in [
            "",
            " - ",
            "ABCDEFGHJKL",
            "ABCDEFGHJKLMN",
            "ABCDEFGHJKL0",
            "ABCD_EFGH_JKLM",
            "ABCDEFGHJKLÄ",
            "ＡBCDEFGHJKL",
            "ＡＢＣＤＥＦＧＨＪＫＬ０",
            "ABCDEFGHJKĹ",
            "ABCDEFGHJKL\u{301}M",
            "АBCDEFGHJKLM",
        ] {
            assert_eq!(typed.parse::<Code>(), Err(CodeError), "{typed:?}");
        }
    }

    #[test]
    fn debug_redacts_coupon_code() {
        assert_eq!(format!("{:?}", Code::from_stored("ABCDEFGHJKLM".to_owned())), "Code(…)");
    }

    proptest! {
        #[test]
        fn grouped_lowercase_code_parses_back(bytes: [u8; 12]) {
            let code = Code::from_entropy(bytes);
            prop_assert_eq!(code.grouped().to_lowercase().parse(), Ok(code));
        }

        #[test]
        fn code_ignores_width_and_invisible_characters(
            bytes: [u8; 12],
            between in proptest::collection::vec("[ \u{a0}\u{ad}\u{200b}-\u{200f}\u{2010}-\u{2015}\u{202a}-\u{202f}\u{2060}\u{2212}\u{feff}\u{fe63}\u{ff0d}-]{0,2}", 12),
        ) {
            let code = Code::from_entropy(bytes);
            let full_width = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
            let pasted = code.as_str().chars().zip(&between).flat_map(|(c, gap)| gap.chars().chain([full_width(c)]));
            prop_assert_eq!(pasted.collect::<String>().parse(), Ok(code));
        }

        #[test]
        fn code_parser_never_panics(text in ".*") {
            let _ = text.parse::<Code>();
        }

        #[test]
        fn code_is_twelve_unambiguous_characters(bytes: [u8; 12]) {
            let code = Code::from_entropy(bytes);
            prop_assert_eq!(code.as_str().len(), 12);
            prop_assert!(!code.as_str().contains(['0', 'O', '1', 'I']));
            prop_assert!(code.as_str().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()));
        }
    }
}
