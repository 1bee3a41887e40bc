//! Texts to test parsers with, one a line, and random mutations of them. Add every text that was
//! once parsed wrongly to its file.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Returns lines of a corpus with up to three bytes replaced, inserted or removed.
pub fn mutated_bytes(corpus: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![any::<u8>(), select(b"0123456789.eE+-,:;&=% \t\"{}[]\\\x00\xff".to_vec())];
    let edits =
        proptest::collection::vec((any::<Index>(), 0..2_usize, proptest::option::of(byte)), 0..4);
    (select(corpus.lines().collect::<Vec<_>>()), edits).prop_map(|(line, edits)| {
        let mut bytes = line.as_bytes().to_vec();
        for (position, removed, inserted) in edits {
            let start = position.index(bytes.len() + 1);
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, inserted);
        }
        bytes
    })
}

/// Like [`mutated_bytes`], with replacement characters for invalid UTF-8.
pub fn mutated_text(corpus: &'static str) -> impl Strategy<Value = String> {
    mutated_bytes(corpus).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    #[test]
    fn mutations_reach_the_start_and_the_end_of_a_line() {
        let mut runner = TestRunner::deterministic();
        let line = mutated_bytes("ab");
        let mut draw = || line.new_tree(&mut runner).expect("nothing is rejected").current();
        let drawn: BTreeSet<_> = (0..2000).map(|_| draw()).collect();
        assert!([&b"ab"[..], b"a", b"b", b""].iter().all(|text| drawn.contains(*text)));
        assert!(
            drawn.iter().any(|text| text.len() == 3 && text.ends_with(b"ab")),
            "inserted first"
        );
        assert!(drawn.iter().any(|text| text.len() == 3 && text.starts_with(b"ab")), "appended");
    }
}
