//! Standard output has results only: tables and lines for people, or JSON objects for programs.
//! Everything else goes to standard error. This module escapes all of it, as much of it comes from
//! outside.

use std::fmt::Display;
use std::io::{self, Write};

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::escape;

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

/// A type that can be printed as a table row.
pub(crate) trait Row: Serialize {
    /// The column headers.
    const HEAD: &'static [&'static str];

    /// The text of each column.
    fn cells(&self) -> Vec<String>;
}

impl Output {
    /// Prints a table, or each row as a JSON object.
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

    /// Prints one value as text, or as a JSON object.
    pub(crate) fn line(self, value: &(impl Serialize + Display)) -> io::Result<()> {
        if self.json {
            object(value)
        } else {
            writeln!(io::stdout(), "{}", escape::lines(&value.to_string()))
        }
    }
}

/// Prints a message on standard error.
pub(crate) fn say(text: impl Display) {
    eprintln!("{}", escape::lines(&text.to_string()));
}

fn object(value: &impl Serialize) -> io::Result<()> {
    writeln!(io::stdout(), "{}", escape::json(&serde_json::to_string(value)?))
}

/// The time since `of`, to the second: `2h 5m 1s`.
pub(crate) fn age(of: Timestamp, now: Timestamp) -> String {
    let age = SignedDuration::from_secs(now.as_second().saturating_sub(of.as_second()).max(0));
    format!("{age:#}")
}

/// A number with its noun in the singular or plural.
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
