//! Texts to test parsers with, one a line, and random mutations of them. Add every text that was
//! once parsed wrongly to its file.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A line of a corpus with a few characters replaced, inserted or removed.
pub(crate) fn mutated(corpus: &'static str) -> impl Strategy<Value = String> {
    let lines: Vec<_> = corpus.lines().collect();
    let character = prop_oneof![
        any::<char>(),
        select("0123456789.eE+-,: \t\"{}[]\\".chars().collect::<Vec<_>>())
    ];
    let edits = proptest::collection::vec(
        (any::<Index>(), 0..2_usize, proptest::option::of(character)),
        0..4,
    );
    (select(lines), edits).prop_map(|(line, edits)| {
        let mut text: Vec<char> = line.chars().collect();
        for (place, gone, put) in edits {
            let place = place.index(text.len() + 1);
            let end = (place + gone).min(text.len());
            text.splice(place..end, put);
        }
        text.into_iter().collect()
    })
}
