//! The hook through which a program's own tracing and logging reach the processor.

use tracing::Span;

use crate::RecordOutcome;

/// The processor's one hook: it continues a record's trace and writes its log line. `()` is the
/// observer of a processor that is given none; it has the default methods.
///
/// A panic of an observer fails the invocation, and SQS delivers the whole batch again.
///
/// ```
/// use sqs_batch::{Observer, RecordOutcome};
/// use tracing::Span;
///
/// /// Continues the sender's trace, and logs every record with its key.
/// struct Log;
///
/// impl Observer<u64> for Log {
///     fn span(&self, traceparent: Option<&str>) -> Span {
///         tracing::info_span!("record", traceparent)
///     }
///
///     fn outcome(&self, message_id: &str, key: Option<&u64>, outcome: &RecordOutcome) {
///         tracing::info!(key, message_id, ?outcome);
///     }
/// }
///
/// let processor = sqs_batch::Processor::new(
///     |body: &str| body.parse::<u64>(),
///     |id: &u64| *id,
///     |id: &u64| *id,
///     async |ids: &[u64]| vec![RecordOutcome::Done; ids.len()],
/// )
/// .observer(Log);
/// ```
pub trait Observer<Key> {
    /// Returns the span in which a record is decoded and prepared, and in which its outcome is
    /// reported. `commit` runs outside, because it handles several records at once.
    ///
    /// `traceparent` is the message attribute of that name ([W3C Trace Context]), if it is a
    /// string; its format is not checked. By default the span is disabled.
    ///
    /// [W3C Trace Context]: https://www.w3.org/TR/trace-context/#traceparent-header
    fn span(&self, traceparent: Option<&str>) -> Span {
        let _ = traceparent;
        Span::none()
    }

    /// Takes the outcome of a record: called once for each, at the end, in the order of the batch
    /// and in the record's span. There is no `key` if the body was not decoded.
    ///
    /// By default failures are logged with `message_id`, `outcome` and `reason`: `retry` as a
    /// warning, `poison` as an error.
    fn outcome(&self, message_id: &str, key: Option<&Key>, outcome: &RecordOutcome) {
        let _ = key;
        match outcome {
            RecordOutcome::Done | RecordOutcome::AlreadyDone => {}
            RecordOutcome::Retry(reason) => {
                tracing::warn!(message_id, outcome = "retry", reason, "record");
            }
            RecordOutcome::Poison(reason) => {
                tracing::error!(message_id, outcome = "poison", reason, "record");
            }
        }
    }
}

impl<Key> Observer<Key> for () {}

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

    #[test]
    fn default_observer_logs_failures_with_their_reasons() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for outcome in [
                RecordOutcome::Done,
                RecordOutcome::AlreadyDone,
                RecordOutcome::Retry("busy".to_owned()),
                RecordOutcome::Poison("bad".to_owned()),
            ] {
                Observer::<u8>::outcome(&(), "m0", Some(&7), &outcome);
            }
        });
        let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            lines,
            " WARN record message_id=\"m0\" outcome=\"retry\" reason=\"busy\"\n\
             ERROR record message_id=\"m0\" outcome=\"poison\" reason=\"bad\"\n"
        );
    }
}
