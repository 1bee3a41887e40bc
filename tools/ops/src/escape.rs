//! Escapes untrusted text for a terminal. Messages, names and errors from outside must not move the
//! cursor, recolour the screen, reorder the line or hide text.

use std::fmt::Write;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The text as one line: invisible characters and line breaks are escaped as `\u{9b}`.
pub(crate) fn line(text: &str) -> String {
    replace(text, is_unsafe, |character, safe| safe.extend(character.escape_unicode()))
}

/// Like [`line`], but keeps line breaks.
pub(crate) fn lines(text: &str) -> String {
    let is_unsafe = |character| character != '\n' && is_unsafe(character);
    replace(text, is_unsafe, |character, safe| safe.extend(character.escape_unicode()))
}

/// Escapes such characters in JSON. In valid JSON they occur in strings only.
pub(crate) fn json(json: &str) -> String {
    replace(json, is_unsafe, |character, safe| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(safe, "\\u{unit:04x}").expect("a string takes all that is written to it");
        }
    })
}

/// C0, DEL and C1 controls; bidi marks, zero-width and other format characters; line and paragraph
/// separators; and characters that render as nothing, such as variation selectors and fillers.
fn is_unsafe(character: char) -> bool {
    let is_ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character);
    is_ignorable
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(character),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

fn replace(
    text: &str,
    is_unsafe: impl Fn(char) -> bool,
    write_safely: impl Fn(char, &mut String),
) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) { write_safely(character, &mut safe) } else { safe.push(character) }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const ATTACK: &str = "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{3164}\u{fe0f}\r\n\u{2028}\u{2029}";

    #[test]
    fn terminal_gets_no_control_or_format_character() {
        assert_eq!(
            line(ATTACK),
            r"\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{3164}\u{fe0f}\u{d}\u{a}\u{2028}\u{2029}"
        );
        assert_eq!(lines("a\nb\r\tc"), "a\nb\\u{d}\\u{9}c");
        assert_eq!(
            line("Ada 李清照 Zoe\u{308} 🚀 \u{a0}\"\\'"),
            "Ada 李清照 Zoe\u{308} 🚀 \u{a0}\"\\'"
        );
    }

    proptest! {
        #[test]
        fn escaped_json_parses_to_the_same_value(
            text in prop_oneof![".*", "[\0-\u{a0}\u{2000}-\u{206f}\u{fe00}-\u{feff}\u{e0000}-\u{e007f}]*"]
        ) {
            let safe = json(&Value::from(text.clone()).to_string());
            prop_assert_eq!(serde_json::from_str::<Value>(&safe).unwrap(), Value::from(text.clone()));
            for shown in [safe, line(&text), lines(&text).replace('\n', "")] {
                prop_assert!(!shown.contains(is_unsafe), "{:?}", shown);
            }
        }
    }
}
