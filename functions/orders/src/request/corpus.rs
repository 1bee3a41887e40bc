//! Request bodies to test parsers with, one a line, and random mutations of them. Add every body
//! that was once parsed wrongly to its file.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A line of a corpus with up to three bytes replaced, inserted or removed.
pub(super) fn mutated(corpus: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![any::<u8>(), select(b"0123456789.eE+-,:;&=% \t\"{}[]\\\x00\xff".to_vec())];
    let edits =
        proptest::collection::vec((any::<Index>(), 0..2_usize, proptest::option::of(byte)), 0..4);
    (select(corpus.lines().collect::<Vec<_>>()), edits).prop_map(|(line, edits)| {
        let mut body = line.as_bytes().to_vec();
        for (place, gone, put) in edits {
            let place = place.index(body.len() + 1);
            let end = (place + gone).min(body.len());
            body.splice(place..end, put);
        }
        body
    })
}
