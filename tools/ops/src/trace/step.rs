//! One step in an order's processing.

use std::collections::HashSet;
use std::fmt::{self, Display};

use jiff::Timestamp;
use serde::Serialize;

use crate::output::Row;

/// An event in an order's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) time: Timestamp,
    /// Where it is recorded.
    pub(crate) source: Source,
    pub(crate) what: String,
}

/// Where a step is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Source {
    /// A table, by the name of its output, with times in whole seconds.
    Table(&'static str),
    /// A function's log, with times in milliseconds.
    Function(String),
}

/// A step as it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    time: Timestamp,
    /// Milliseconds since the first log line. `None` for a table, whose whole seconds are too
    /// coarse.
    after_ms: Option<i64>,
    source: Source,
    what: String,
}

impl Shown {
    /// Sorts an order's steps causally. A log line has the time at which its function ended: the
    /// orders function logs after it has published, when subscribers may already have logged, and
    /// yet its line comes first. A table's time is truncated to the second: its row comes after the
    /// first line of the function that wrote it.
    pub(crate) fn in_order(mut steps: Vec<Step>) -> Vec<Self> {
        let mut done = HashSet::new();
        steps.sort_by_key(|step| step.time);
        let mut lines: Vec<_> =
            steps.extract_if(.., |step| matches!(step.source, Source::Function(_))).collect();
        if let Some(placed) =
            lines.iter().position(|step| step.source.writes() == Some(ORDERS_TABLE))
        {
            lines[..=placed].rotate_right(1);
        }
        let mut rows = steps;
        let mut steps = vec![];
        for line in lines {
            let table = line.source.writes().filter(|table| done.insert(*table));
            steps.push(line);
            steps.extend(rows.extract_if(.., |row| {
                table.is_some_and(|table| row.source == Source::Table(table))
            }));
        }
        steps.extend(rows);
        let logged = |step: &Step| {
            matches!(step.source, Source::Function(_)).then(|| step.time.as_millisecond())
        };
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
        let after = self.after_ms.map_or_else(String::new, |after| format!("{after:+} ms"));
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

pub(crate) const ORDERS_TABLE: &str = "OrdersTable";
pub(crate) const FULFILMENT_TABLE: &str = "FulfilmentTable";
pub(crate) const INVOICING_TABLE: &str = "InvoicingTable";

impl Source {
    /// The table that a function writes, among those that `trace` reads.
    fn writes(&self) -> Option<&'static str> {
        match self {
            Self::Function(name) if name == "orders" => Some(ORDERS_TABLE),
            Self::Function(name) if name == "fulfilment" => Some(FULFILMENT_TABLE),
            Self::Function(name) if name == "invoicing" => Some(INVOICING_TABLE),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_order(steps: &[(&str, Source)]) -> Vec<(String, Option<i64>)> {
        let step = |(time, source): &(&str, Source)| Step {
            time: format!("2026-11-22T10:00:{time}Z").parse().unwrap(),
            source: source.clone(),
            what: String::new(),
        };
        let shown = Shown::in_order(steps.iter().map(step).collect());
        shown.into_iter().map(|shown| (shown.source.to_string(), shown.after_ms)).collect()
    }

    fn function(name: &str) -> Source {
        Source::Function(name.to_owned())
    }

    #[test]
    fn steps_are_sorted_by_cause() {
        let steps = [
            ("00", Source::Table(ORDERS_TABLE)),
            ("00", Source::Table(FULFILMENT_TABLE)),
            ("00.950", function("promotion")),
            ("01.002", function("fulfilment")),
            ("01.010", function("orders")),
            ("31.000", function("fulfilment")),
        ];
        let expected = [
            ("orders", Some(0)),
            (ORDERS_TABLE, None),
            ("promotion", Some(-60)),
            ("fulfilment", Some(-8)),
            (FULFILMENT_TABLE, None),
            ("fulfilment", Some(29_990)),
        ];
        assert_eq!(in_order(&steps), expected.map(|(source, after)| (source.to_owned(), after)));
    }

    #[test]
    fn unlogged_table_rows_are_steps() {
        let steps = [("00", Source::Table(ORDERS_TABLE)), ("03", Source::Table(FULFILMENT_TABLE))];
        assert_eq!(
            in_order(&steps),
            [(ORDERS_TABLE.to_owned(), None), (FULFILMENT_TABLE.to_owned(), None)]
        );
        assert_eq!(in_order(&[]), []);
    }
}
