//! One step of an order's way.

use std::fmt::{self, Display};

use jiff::Timestamp;
use serde::Serialize;

use crate::output::Row;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) time: Timestamp,
    /// Who says so.
    pub(crate) source: Source,
    pub(crate) what: String,
}

/// Who tells of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Source {
    /// A table, whose times are whole seconds.
    Table(&'static str),
    /// A function's log, whose times are milliseconds.
    Function(String),
}

/// A step as it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    time: Timestamp,
    /// How long after the first line of a log, in milliseconds. A table's second is too long for that.
    after_ms: Option<i64>,
    source: Source,
    what: String,
}

impl Shown {
    /// The steps of an order, as they came one after the other. A table's row is taken to be written at the end of its
    /// second: whoever wrote it logged that in the same second, and what a log says explains the row.
    pub(crate) fn in_order(mut steps: Vec<Step>) -> Vec<Self> {
        steps.sort_by_key(|Step { time, source, .. }| match source {
            Source::Table(_) => time.as_second() * 1000 + 999,
            Source::Function(_) => time.as_millisecond(),
        });
        let logged = |step: &Step| matches!(step.source, Source::Function(_)).then(|| step.time.as_millisecond());
        let first = steps.iter().find_map(logged);
        let shown = |step: Step| {
            let after_ms = logged(&step).zip(first).map(|(at, first)| at - first);
            Self { after_ms, time: step.time, source: step.source, what: step.what }
        };
        steps.into_iter().map(shown).collect()
    }
}

impl Row for Shown {
    const HEAD: &'static [&'static str] = &["TIME", "AFTER", "WHERE", "WHAT"];

    fn cells(&self) -> Vec<String> {
        let after = self.after_ms.map_or_else(String::new, |after| format!("+{after} ms"));
        vec![self.time.to_string(), after, self.source.to_string(), self.what.clone()]
    }
}

impl Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Table(name) => name,
            Self::Function(name) => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_after_the_lines_of_its_second() {
        let step = |time: &str, source| Step { time: time.parse().unwrap(), source, what: String::new() };
        let function = |name: &str| Source::Function(name.to_owned());
        let steps = vec![
            step("2026-11-22T10:00:00Z", Source::Table("orders table")),
            step("2026-11-22T10:00:01Z", Source::Table("shipments table")),
            step("2026-11-22T10:00:00.9Z", function("orders")),
            step("2026-11-22T10:00:01.25Z", function("fulfilment")),
        ];
        let shown: Vec<_> =
            Shown::in_order(steps).into_iter().map(|shown| (shown.source.to_string(), shown.after_ms)).collect();
        let expected =
            [("orders", Some(0)), ("orders table", None), ("fulfilment", Some(350)), ("shipments table", None)];
        assert_eq!(shown, expected.map(|(source, after)| (source.to_owned(), after)));
    }
}
