//! Standard output is for what was asked: tables and lines for people, or JSON objects for
//! programs. Standard error is for everything said beside it. All of it is escaped here, as much of
//! it comes from outside.

use std::fmt::Display;
use std::io::{self, Write};

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::escape;

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

/// What can stand in a table.
pub(crate) trait Row: Serialize {
    /// The columns' heads.
    const HEAD: &'static [&'static str];

    /// What stands in each column.
    fn cells(&self) -> Vec<String>;
}

impl Output {
    /// Prints a table, or each of its rows as an object.
    pub(crate) fn table<R: Row>(self, rows: &[R]) -> io::Result<()> {
        if self.json {
            return rows.iter().try_for_each(object);
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(R::HEAD);
        table.add_rows(
            rows.iter().map(|row| row.cells().into_iter().map(|cell| escape::line(&cell))),
        );
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        writeln!(io::stdout(), "{}", table.trim_fmt())
    }

    /// Prints one thing in its own words, or as an object.
    pub(crate) fn line(self, thing: &(impl Serialize + Display)) -> io::Result<()> {
        if self.json {
            object(thing)
        } else {
            writeln!(io::stdout(), "{}", escape::lines(&thing.to_string()))
        }
    }
}

/// Says something to whoever is watching.
pub(crate) fn say(text: impl Display) {
    eprintln!("{}", escape::lines(&text.to_string()));
}

fn object(thing: &impl Serialize) -> io::Result<()> {
    writeln!(io::stdout(), "{}", escape::json(&serde_json::to_string(thing)?))
}

/// How long ago something was, to the second: `2h 5m 1s`.
pub(crate) fn age(of: Timestamp, now: Timestamp) -> String {
    let age = SignedDuration::from_secs(now.as_second().saturating_sub(of.as_second()).max(0));
    format!("{age:#}")
}

/// One thing or many, in words.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_in_whole_seconds_and_never_negative() {
        let now = Timestamp::from_second(10_000).unwrap();
        let ago = |seconds: i64| Timestamp::from_second(10_000 - seconds).unwrap();
        assert_eq!(
            [0, 61, 7_501, -5].map(|seconds| age(ago(seconds), now)),
            ["0s", "1m 1s", "2h 5m 1s", "0s"]
        );
    }
}
