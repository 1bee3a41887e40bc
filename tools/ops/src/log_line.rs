//! A line of the functions' JSON log.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// What a function logged about a request, a record or an order. `docs/reference/observability.md`
/// describes the members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct LogLine {
    /// When it was written.
    pub(crate) timestamp: Timestamp,
    pub(crate) function: String,
    pub(crate) level: String,
    message: String,
    pub(crate) request_id: Option<String>,
    /// The message of a record.
    pub(crate) message_id: Option<String>,
    pub(crate) order_id: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
    error: Option<String>,
    route: Option<String>,
    pub(crate) status: Option<u16>,
    /// How long the invocation had run when the line was written. Older versions did not log it.
    #[serde(default, deserialize_with = "milliseconds")]
    pub(crate) duration_ms: Option<SignedDuration>,
}

impl LogLine {
    /// The lines in a log event. The emulator may put several into one, with others among them.
    pub(crate) fn in_event(event: &str) -> impl Iterator<Item = Self> {
        event.lines().filter_map(|line| serde_json::from_str(line).ok())
    }

    /// When the invocation that wrote it began; without a duration, when it was written.
    pub(crate) fn start(&self) -> Timestamp {
        let duration = self.duration_ms.unwrap_or_default();
        self.timestamp.saturating_sub(duration).unwrap_or(self.timestamp)
    }

    /// The stable name of the result, or the message if the line has none.
    pub(crate) fn outcome(&self) -> &str {
        self.outcome.as_deref().unwrap_or(&self.message)
    }

    /// The outcome, and its reason if it failed.
    pub(crate) fn what(&self) -> String {
        match self.error.as_ref().or(self.reason.as_ref()) {
            Some(problem) => format!("{}: {problem}", self.outcome()),
            None => self.outcome().to_owned(),
        }
    }

    /// Whether it is about the result of a request, a record or an order.
    pub(crate) fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    /// Whether it reports work that failed, at least for now.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(&*self.level, "WARN" | "ERROR") || self.status.is_some_and(|status| status >= 500)
    }

    /// Whether it only reports a read of the order, as its page sends every few seconds.
    pub(crate) fn is_a_read(&self) -> bool {
        matches!(self.route.as_deref(), Some("get_order" | "invoice"))
    }
}

fn milliseconds<'de, D: serde::Deserializer<'de>>(
    value: D,
) -> Result<Option<SignedDuration>, D::Error> {
    let milliseconds = Option::<f64>::deserialize(value)?;
    let duration = milliseconds.map(|number| SignedDuration::try_from_secs_f64(number / 1_000.0));
    // No invocation takes longer, or less than no time.
    let possible = SignedDuration::ZERO..=SignedDuration::from_mins(15);
    Ok(duration.transpose().map_err(serde::de::Error::custom)?.filter(|it| possible.contains(it)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn line_is_found_among_others() {
        let event = format!("START RequestId: r\n{}\nEND RequestId: r", line(""));
        let lines: Vec<_> = LogLine::in_event(&event).collect();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].start(), "2026-11-22T10:00:00.25Z".parse().unwrap());
    }

    #[test]
    fn outcome_has_its_reason() {
        let what = |more: &str| LogLine::in_event(&line(more)).next().unwrap().what();
        assert_eq!(what(r#","outcome":"done""#), "done");
        assert_eq!(what(r#","outcome":"retry","reason":"busy""#), "retry: busy");
        assert_eq!(what(r#","error":"timeout""#), "record: timeout");
        assert_eq!(what(""), "record");
    }

    #[test]
    fn reads_are_recognized_by_their_route() {
        let is_a_read = |more: &str| LogLine::in_event(&line(more)).next().unwrap().is_a_read();
        assert!(is_a_read(r#","route":"get_order""#));
        assert!(!is_a_read(r#","route":"create_order""#) && !is_a_read(""));
    }

    fn line(more: &str) -> String {
        format!(
            r#"{{"timestamp":"2026-11-22T10:00:00.500000Z","level":"INFO","function":"promotion","duration_ms":250.000,"message":"record"{more}}}"#
        )
    }

    proptest! {
        #[test]
        fn any_event_is_read_without_a_panic(event in ".{0,80}", number in any::<f64>()) {
            let _ = LogLine::in_event(&event).count();
            let line = line("").replace("250.000", &number.to_string());
            prop_assert!(LogLine::in_event(&line).all(|line| line.start() <= Timestamp::MAX));
        }
    }
}
