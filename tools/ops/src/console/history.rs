//! What the functions logged about each order in the last quarter of an hour.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::log_line::LogLine;

/// The log lines of recent orders, and recent failures.
#[derive(Debug, Default)]
pub(super) struct History {
    /// By the order's id. Sorted by time.
    orders: BTreeMap<String, BTreeSet<LogLine>>,
    /// By the function's name.
    failures: BTreeMap<String, BTreeMap<FailureId, Failure>>,
    /// When something was last left out: log lines that were not read, or orders beyond the most.
    incomplete_at: Option<Timestamp>,
}

/// The invocation, and of a batch the message: several lines may report one failure.
pub(super) type FailureId = (Option<String>, Option<String>);

/// A failed request, record or invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) time: Timestamp,
    pub(super) what: String,
}

/// How long an order is shown.
pub(super) const KEPT: Duration = Duration::from_secs(15 * 60);
/// How long a failure marks its function.
const FAILURE_KEPT: Duration = Duration::from_secs(5 * 60);
/// More orders would make the page slow.
const MOST_ORDERS: usize = 5_000;
/// More lines say nothing new: a client that repeats a request makes one each time.
const MOST_LINES: usize = 50;
const MOST_FAILURES: usize = 1_000;
/// How far a function's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// The subscriber whose row makes an order `fulfilled`.
const FULFILMENT: &str = "fulfilment";
const EFFECTS: [&str; 2] = ["done", "already_done"];

impl History {
    /// Adds a line. A line that is already there changes nothing.
    pub(super) fn add(&mut self, line: LogLine) {
        if line.is_failure() {
            let failure = Failure { time: line.timestamp, what: line.what() };
            let id = (line.request_id.clone(), line.message_id.clone());
            self.fail(&line.function, id, failure);
        }
        if let Some(order) = line.order_id.clone().filter(|id| is_plain(id) && !line.is_a_read()) {
            let lines = self.orders.entry(order).or_default();
            if lines.len() < MOST_LINES {
                lines.insert(line);
            }
        }
    }

    /// Adds a failure of a function.
    pub(super) fn fail(&mut self, function: &str, id: FailureId, failure: Failure) {
        let failures = self.failures.entry(function.to_owned()).or_default();
        if failures.len() < MOST_FAILURES {
            failures.entry(id).or_insert(failure);
        }
    }

    /// Removes what is too old, and the oldest orders if there are too many.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let is_recent = |time| now - KEPT < time && time < now + AHEAD;
        self.orders.retain(|_, lines| lines.last().is_some_and(|line| is_recent(line.timestamp)));
        for failures in self.failures.values_mut() {
            failures.retain(|_, failure| now - FAILURE_KEPT < failure.time);
        }
        if self.orders.len() > MOST_ORDERS {
            self.leave_out(now);
            for (id, _) in self.by_start().split_off(MOST_ORDERS) {
                self.orders.remove(&id);
            }
        }
    }

    /// Records that something was left out.
    pub(super) fn leave_out(&mut self, now: Timestamp) {
        self.incomplete_at = Some(now);
    }

    /// Whether orders may be missing.
    pub(super) fn is_partial(&self, now: Timestamp) -> bool {
        self.incomplete_at.is_some_and(|at| now - KEPT < at)
    }

    /// The lines of an order in the order of time, if it is known.
    pub(super) fn order(&self, id: &str) -> Option<&BTreeSet<LogLine>> {
        self.orders.get(id)
    }

    /// The latest orders, the latest first.
    pub(super) fn latest(&self, most: usize) -> Vec<(&str, &BTreeSet<LogLine>)> {
        let latest = self.by_start().into_iter().take(most);
        latest
            .filter_map(|(id, _)| self.orders.get_key_value(&id))
            .map(|(id, l)| (&**id, l))
            .collect()
    }

    fn by_start(&self) -> Vec<(String, Timestamp)> {
        // A line without an outcome, such as that of a failed read, makes no order.
        let orders = self.orders.iter().filter(|(_, lines)| lines.iter().any(LogLine::has_outcome));
        let starts = orders.filter_map(|(id, lines)| Some((id.clone(), start(lines)?)));
        let mut starts: Vec<_> = starts.collect();
        starts.sort_by_key(|(_, start)| std::cmp::Reverse(*start));
        starts
    }

    /// How many orders a function logged in the last minute.
    pub(super) fn per_minute(&self, function: &str, now: Timestamp) -> usize {
        let recent = |line: &&LogLine| line.function == function && line.timestamp > now - MINUTE;
        self.orders.values().filter(|lines| lines.iter().rev().find(recent).is_some()).count()
    }

    /// The recent failures of a function.
    pub(super) fn failures(&self, function: &str) -> impl Iterator<Item = &Failure> {
        self.failures.get(function).into_iter().flat_map(BTreeMap::values)
    }

    /// From when each fulfilled order was placed, and how long it took.
    pub(super) fn times_to_fulfilled(&self) -> impl Iterator<Item = (Timestamp, SignedDuration)> {
        self.orders.values().filter_map(|lines| Some((start(lines)?, time_to_fulfilled(lines)?)))
    }
}

/// Whether an order's id can be a part of an address as it is.
fn is_plain(id: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
    id.len() <= 64 && id.chars().all(is_plain)
}

/// When an order's request arrived, or what else is known first about it.
pub(super) fn start(lines: &BTreeSet<LogLine>) -> Option<Timestamp> {
    lines.iter().map(LogLine::start).min()
}

/// How long an order took to be fulfilled. `None` if the logs do not have both ends.
pub(super) fn time_to_fulfilled(lines: &BTreeSet<LogLine>) -> Option<SignedDuration> {
    let placed = lines.iter().find(|line| line.function == "orders")?.start();
    let is_fulfilled =
        |line: &&LogLine| line.function == FULFILMENT && EFFECTS.contains(&line.outcome());
    Some(lines.iter().find(is_fulfilled)?.timestamp.duration_since(placed))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn line(second: u32, function: &str, order: &str, more: &str) -> LogLine {
        let outcome = if more.contains("outcome") { "" } else { r#","outcome":"placed""# };
        let line = format!(
            r#"{{"timestamp":"2026-11-22T10:{:02}:{:02}Z","level":"INFO","function":"{function}","message":"record",
            "order_id":"{order}","duration_ms":500.0{outcome}{more}}}"#,
            second / 60,
            second % 60
        );
        serde_json::from_str(&line).unwrap()
    }

    fn at(second: u32) -> Timestamp {
        line(second, "orders", "o", "").timestamp
    }

    #[test]
    fn latest_orders_come_first_each_once() {
        let mut history = History::default();
        for (second, order) in [(1, "o1"), (3, "o3"), (2, "o2"), (3, "o3")] {
            history.add(line(second, "orders", order, ""));
        }
        let latest: Vec<_> =
            history.latest(2).into_iter().map(|(id, lines)| (id, lines.len())).collect();
        assert_eq!(latest, [("o3", 1), ("o2", 1)]);
        history.add(line(9, "orders", "o9", r#","route":"get_order""#));
        assert!(history.order("o9").is_none(), "it was only looked at");
    }

    #[test]
    fn old_orders_and_failures_are_forgotten() {
        let mut history = History::default();
        history.add(line(0, "orders", "old", r#","status":503,"request_id":"r1""#));
        history.add(line(600, "orders", "new", r#","status":503,"request_id":"r2""#));
        history.forget(at(700));
        assert_eq!((history.latest(9).len(), history.failures("orders").count()), (2, 1));
        history.forget(at(901));
        assert_eq!(history.latest(9)[0].0, "new");
        assert_eq!((history.latest(9).len(), history.failures("orders").count()), (1, 0));
    }

    #[test]
    fn only_the_newest_orders_are_kept() {
        let mut history = History::default();
        for order in 0..=u32::try_from(MOST_ORDERS).unwrap() {
            history.add(line(order / 60, "orders", &format!("o{order}"), ""));
        }
        history.forget(at(60));
        assert_eq!(history.latest(usize::MAX).len(), MOST_ORDERS);
        assert!(history.is_partial(at(60)) && !history.is_partial(at(961)));
    }

    #[test]
    fn repeated_or_impossible_lines_stay_few() {
        let mut history = History::default();
        for second in 0..200 {
            history.add(line(second, "orders", "o1", r#","outcome":"replayed""#));
        }
        history.add(line(100, "orders", "../dlq/x", ""));
        history.add(line(100, "orders", "", r#","outcome":null"#));
        history.add(line(900, "orders", "o2", ""));
        history.forget(at(300));
        assert_eq!(history.order("o1").unwrap().len(), MOST_LINES);
        assert_eq!(history.latest(9).len(), 1, "an address, a failed read and the future are none");
    }

    #[test]
    fn failure_with_two_lines_is_counted_once() {
        let mut history = History::default();
        let of = |more: &str| line(1, "orders", "o1", more);
        history.add(of(r#","error":"no answer","request_id":"r1","status":503"#));
        history.add(of(r#","request_id":"r1","status":503"#));
        assert_eq!(history.failures("orders").count(), 1);
        history.add(of(r#","request_id":"r2","status":503,"message_id":"m1""#));
        history.add(of(r#","request_id":"r2","status":503,"message_id":"m2""#));
        assert_eq!(history.failures("orders").count(), 3);
    }

    #[test]
    fn orders_of_the_last_minute_are_counted_by_function() {
        let mut history = History::default();
        history.add(line(10, "orders", "o1", ""));
        history.add(line(90, "promotion", "o1", ""));
        history.add(line(95, "promotion", "o1", ""));
        history.add(line(99, "promotion", "o2", ""));
        assert_eq!(history.per_minute("promotion", at(100)), 2);
        assert_eq!(history.per_minute("orders", at(100)), 0);
    }

    #[test]
    fn order_is_fulfilled_when_fulfilment_has_its_effect() {
        let mut history = History::default();
        history.add(line(10, "orders", "o1", ""));
        history.add(line(11, "invoicing", "o1", r#","outcome":"done""#));
        history.add(line(12, "fulfilment", "o1", r#","outcome":"retry""#));
        assert_eq!(history.times_to_fulfilled().count(), 0);
        history.add(line(15, "fulfilment", "o1", r#","outcome":"done""#));
        history.add(line(19, "fulfilment", "o1", r#","outcome":"already_done""#));
        let times: Vec<_> =
            history.times_to_fulfilled().map(|(_, took)| took.as_millis()).collect();
        assert_eq!(times, [5_500], "from the start of the request");
    }
}
