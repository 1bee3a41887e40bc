//! One step of an order's way.

use jiff::Timestamp;
use serde::Serialize;

use crate::output::Row;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) time: Timestamp,
    /// Who says so: a table, or a function's log.
    pub(crate) source: String,
    pub(crate) what: String,
}

/// A step as it is shown: how long after the first, in milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    time: Timestamp,
    after_ms: i64,
    source: String,
    what: String,
}

impl Shown {
    /// The steps, which are in order.
    pub(crate) fn all(steps: Vec<Step>) -> Vec<Self> {
        let first = steps.first().map_or(0, |step| step.time.as_millisecond());
        let shown =
            |Step { time, source, what }: Step| Self { after_ms: time.as_millisecond() - first, time, source, what };
        steps.into_iter().map(shown).collect()
    }
}

impl Row for Shown {
    const HEAD: &'static [&'static str] = &["TIME", "AFTER", "WHERE", "WHAT"];

    fn cells(&self) -> Vec<String> {
        vec![self.time.to_string(), format!("+{} ms", self.after_ms), self.source.clone(), self.what.clone()]
    }
}
