//! No retired identifier or phrase comes back, and test names stay short.

use std::fs;
use std::path::Path;
use std::process::Command;

use devstack::root;

/// Whole identifiers and file names. Retired words that are also ordinary ones (`told`, `lane`) are
/// here in the form in which they were used.
const RETIRED_IDENTIFIERS: &[&str] = &[
    "told.rs",
    "serve.rs",
    "arrival.rs",
    "secure.rs",
    "authorised.rs",
    "place.rs",
    "ship.rs",
    "reward.rs",
    "bill.rs",
    "sweep.rs",
    "kernel.rs",
    "numbers.rs",
    "pace.rs",
    "carry.rs",
    "rooms.rs",
    "mischief.rs",
    "rig.rs",
    "spy.rs",
    "hot.rs",
    "hammer.rs",
    "hammer.py",
    "Told",
    "Served",
    "Teller",
    "Telling",
    "AUTHORISED",
    "form_again",
    "form_after",
    "ByAnother",
    "CouponRefused",
    "marked_until",
    "Unannounced",
    "OutboxAnnounced",
    "Undone",
    "take_numbers",
    "AsItShouldBe",
    "Swept",
    "AlsoBy",
    "Rewarded",
    "Worked",
    "LogKeeper",
    "come_to_rest",
    "Wish",
    "Bought",
    "Scripted",
    "Ledger",
    "Carried",
    "Manner",
    "clear_mark",
    "left_out",
    "NobodyInPlainHttp",
    "TheTopicMaySend",
    "TheTopicMayTrace",
    "ClaimAnIdempotencyKeyAndSeeWhoseItIs",
    "OutboxIsOld",
    "RelayIsNotRunning",
    "FulfilmentIsPoisoned",
    "ApiAnswersWithErrors",
    "where-the-time-goes.md",
    "MarksNotCleared",
    "SweepsFail",
    "RelayFunction",
    "unmark_client",
    "ShipmentsTable",
    "CouponsTable",
    "InvoicesTable",
];

/// Phrases, in any case.
const RETIRED_PHRASES: &[&str] = &[
    "outbox mark",
    "placed, still marked",
    "saved, not announced",
    "announced",
    "announcement",
    "the hammer",
    "verify hammer",
    "lane of",
    "every lane",
    "ill-treated",
    "in vain is told",
    "nobody could be told",
    "what it tells of itself",
    "what always holds",
    "met itself",
    "test --only",
];

const MAX_TEST_NAME: usize = 60;

/// Every text file of the repository except lock files, generated reports and this file.
fn texts() -> Vec<(String, String)> {
    let git = Command::new("git").arg("ls-files").current_dir(root()).output().expect("git runs");
    let files = String::from_utf8(git.stdout).expect("file names are UTF-8");
    let skipped = |file: &&str| {
        Path::new(file).extension().is_none_or(|extension| extension != "lock")
            && !file.starts_with("docs/reports/")
            && !file.ends_with("tests/naming.rs")
    };
    let read = |file: &str| Some((file.to_owned(), fs::read_to_string(root().join(file)).ok()?));
    let texts: Vec<_> = files.lines().filter(skipped).filter_map(read).collect();
    assert!(texts.len() > 100, "the repository has more files than {}", texts.len());
    texts
}

/// Whether `text` contains `words` as a whole, not as a part of longer words.
fn has_whole(text: &str, words: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(words)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + words.len()..].starts_with(part))
}

#[test]
fn retired_identifiers_stay_retired() {
    for (file, text) in texts() {
        for identifier in RETIRED_IDENTIFIERS {
            let found = has_whole(&file, identifier) || has_whole(&text, identifier);
            assert!(!found, "{file} has {identifier}");
        }
    }
}

#[test]
fn retired_phrases_stay_retired() {
    for (file, text) in texts() {
        let text = text.to_lowercase();
        for phrase in RETIRED_PHRASES {
            assert!(!has_whole(&text, phrase), "{file} has {phrase:?}");
        }
    }
}

#[test]
fn test_names_have_at_most_60_characters() {
    let mut names = 0;
    let is_rust =
        |file: &str| Path::new(file).extension().is_some_and(|extension| extension == "rs");
    for (file, text) in texts().iter().filter(|(file, _)| is_rust(file)) {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            let Some((_, rest)) = line.split_once("fn ") else {
                is_test |= line.starts_with("#[") && line.contains("test]");
                continue;
            };
            if is_test {
                let name = rest.split(['(', '<']).next().unwrap_or(rest);
                assert!(name.len() <= MAX_TEST_NAME, "{file}: {name}");
                names += 1;
            }
            is_test = false;
        }
    }
    assert!(names > 300, "found only {names} tests");
}
