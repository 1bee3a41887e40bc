//! The log line of a record.

use domain::OrderId;
use sqs_batch::{Observer, RecordOutcome};
use telemetry::SpanContext;
use tracing::Span;

/// Writes one line for each record, in the trace of the message's publisher.
pub(crate) struct RecordLog;

impl Observer<OrderId> for RecordLog {
    fn span(&self, traceparent: Option<&str>) -> Span {
        let trace = traceparent.and_then(|traceparent| traceparent.parse().ok());
        SpanContext::child_of(trace).span()
    }

    fn outcome(&self, message_id: &str, order_id: Option<&OrderId>, outcome: &RecordOutcome) {
        let order_id = order_id.map(tracing::field::display);
        match outcome {
            RecordOutcome::Done => tracing::info!(order_id, message_id, outcome = "done", "record"),
            RecordOutcome::AlreadyDone => {
                tracing::info!(order_id, message_id, outcome = "already_done", "record");
            }
            RecordOutcome::Retry(reason) => {
                tracing::warn!(order_id, message_id, outcome = "retry", reason, "record");
            }
            RecordOutcome::Poison(reason) => {
                tracing::error!(order_id, message_id, outcome = "poison", reason, "record");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns what `log` writes.
    fn lines(log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn each_outcome_is_logged_with_its_level_and_reason() {
        let written = lines(|| {
            for outcome in [
                RecordOutcome::Done,
                RecordOutcome::AlreadyDone,
                RecordOutcome::Retry("busy".to_owned()),
            ] {
                RecordLog.outcome("m0", Some(&OrderId::NIL), &outcome);
            }
            RecordLog.outcome("m1", None, &RecordOutcome::Poison("bad".to_owned()));
        });
        let id = format!("record order_id={} message_id=\"m0\"", OrderId::NIL);
        let expected = format!(
            " INFO {id} outcome=\"done\"\n \
             INFO {id} outcome=\"already_done\"\n \
             WARN {id} outcome=\"retry\" reason=\"busy\"\n\
             ERROR record message_id=\"m1\" outcome=\"poison\" reason=\"bad\"\n"
        );
        assert_eq!(written, expected);
    }

    #[test]
    fn record_span_continues_the_trace_of_the_publisher() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let written = lines(|| {
            for traceparent in [Some(trace), Some("malformed"), None] {
                RecordLog.span(traceparent).in_scope(|| tracing::error!("line"));
            }
        });
        let written: Vec<_> = written.lines().collect();
        let [continued, malformed, none] = written[..] else {
            panic!("one line each: {written:?}")
        };
        assert!(continued.contains("trace_id=4bf92f3577b34da6a3ce929d0e0e4736"), "{continued}");
        assert!(continued.contains("parent_span_id=00f067aa0ba902b7"), "{continued}");
        for new in [malformed, none] {
            assert!(new.contains("trace_id=") && !new.contains("parent_span_id"), "{new}");
        }
    }
}
