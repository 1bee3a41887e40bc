//! An order's way through the functions, as bars on a common time axis.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::history::start;
use crate::log_line::LogLine;

/// One invocation's part in an order.
#[derive(Debug, PartialEq)]
pub(super) struct Hop {
    pub(super) function: String,
    pub(super) what: String,
    pub(super) is_failure: bool,
    pub(super) start: Timestamp,
    /// Since the first hop began.
    pub(super) after: SignedDuration,
    /// How long the invocation took, up to its log line.
    pub(super) duration: SignedDuration,
    /// The bar's place on the axis, of [`AXIS`].
    pub(super) x: i64,
    pub(super) width: i64,
}

/// The length of the time axis in its picture.
pub(super) const AXIS: i64 = 1_000;
/// The shortest bar that can be seen.
const SHORTEST: i64 = 6;

/// The hops in the order in which they began.
pub(super) fn waterfall(lines: &BTreeSet<LogLine>) -> Vec<Hop> {
    let Some(first) = start(lines) else { return vec![] };
    let end = lines.iter().map(|line| line.timestamp).max().unwrap_or(first);
    let whole = end.duration_since(first).as_micros().max(1);
    let on_axis = |of: SignedDuration| {
        let share = of.as_micros() * i128::from(AXIS) / whole;
        i64::try_from(share).unwrap_or(AXIS).clamp(0, AXIS)
    };
    let hop = |line: &LogLine| {
        let start = line.start();
        let (after, duration) = (start.duration_since(first), line.timestamp.duration_since(start));
        let width = on_axis(duration).max(SHORTEST);
        Hop {
            function: line.function.clone(),
            what: line.what(),
            is_failure: line.is_failure(),
            start,
            after,
            duration,
            x: on_axis(after).min(AXIS - width),
            width,
        }
    };
    let mut hops: Vec<_> = lines.iter().map(hop).collect();
    hops.sort_by_key(|hop| hop.start);
    hops
}

#[cfg(test)]
mod tests {
    use super::super::history::tests::line;
    use super::*;

    #[test]
    fn hops_are_sorted_by_their_start_and_keep_their_length() {
        let warning = |mut line: LogLine| {
            line.level = "WARN".to_owned();
            line
        };
        let lines = BTreeSet::from([
            line(1, "orders", "o", r#","outcome":"placed""#),
            warning(line(2, "fulfilment", "o", r#","outcome":"retry","reason":"busy""#)),
            line(11, "fulfilment", "o", r#","outcome":"done""#),
        ]);
        let hops = waterfall(&lines);
        let seen: Vec<_> = hops
            .iter()
            .map(|hop| (&*hop.function, &*hop.what, hop.after.as_millis(), hop.x, hop.width))
            .collect();
        assert_eq!(
            seen,
            [
                ("orders", "placed", 0, 0, 47),
                ("fulfilment", "retry: busy", 1_000, 95, 47),
                ("fulfilment", "done", 10_000, 952, 47),
            ]
        );
        assert_eq!(hops.iter().filter(|hop| hop.is_failure).count(), 1);
        assert!(waterfall(&BTreeSet::new()).is_empty());
    }
}
