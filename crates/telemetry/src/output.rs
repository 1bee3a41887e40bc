//! Standard output, which Lambda splits into log events by line. The lines of an invocation are
//! written with one `write`, because in a small function a `write` costs more than formatting the
//! line.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// The destination of all lines. Clones write to the same place.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<State>>);

struct State {
    /// Whether an invocation is running. Its end writes the buffered lines.
    holding: bool,
    lines: Vec<u8>,
    to: Box<dyn Write + Send>,
}

/// The maximum size of the buffer, in bytes.
const MOST: usize = 64 * 1024;

impl Output {
    pub(crate) fn to(to: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(State { holding: false, lines: Vec::new(), to: Box::new(to) })))
    }

    /// Starts buffering lines.
    pub(crate) fn hold(&self) {
        self.state().holding = true;
    }

    /// Writes the buffered lines and stops buffering.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        state.holding = false;
        state.write_out();
    }

    /// Lets `write` append one or more whole lines. `urgent` lines are written immediately.
    pub(crate) fn add(&self, urgent: bool, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        write(&mut state.lines);
        if urgent || !state.holding || state.lines.len() >= MOST {
            state.write_out();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // After a panic a line may be incomplete. Keep logging anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write_out(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        // stdout is gone; there is nowhere left to report to.
        let _ = self.to.write_all(&self.lines).and_then(|()| self.to.flush());
        self.lines.clear();
    }
}

/// The writer for one event's lines. Warnings and errors are written immediately, because the
/// process may end right after them.
pub(crate) struct Lines<'a> {
    output: &'a Output,
    urgent: bool,
}

impl Write for Lines<'_> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.output.add(self.urgent, |held| held.extend_from_slice(lines));
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Output {
    type Writer = Lines<'a>;

    fn make_writer(&'a self) -> Lines<'a> {
        Lines { output: self, urgent: true }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Lines<'a> {
        Lines { output: self, urgent: *event.level() <= Level::WARN }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use tracing_subscriber::fmt;

    /// Records each write separately.
    #[derive(Clone, Default)]
    pub(crate) struct Writes(Arc<Mutex<Vec<String>>>);

    impl Writes {
        pub(crate) fn all(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }
    }

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn add(output: &Output, urgent: bool, line: &str) {
        output.add(urgent, |lines| lines.extend_from_slice(line.as_bytes()));
    }

    #[test]
    fn invocation_output_is_written_once() {
        let writes = Writes::default();
        let output = Output::to(writes.clone());
        output.hold();
        add(&output, false, "one\n");
        add(&output, false, "two\n");
        assert!(writes.all().is_empty());
        output.release();
        output.release();
        assert_eq!(writes.all(), ["one\ntwo\n"]);
    }

    #[test]
    fn warning_flushes_held_lines_in_order() {
        let writes = Writes::default();
        let output = Output::to(writes.clone());
        output.hold();
        add(&output, false, "one\n");
        add(&output, true, "two\n");
        assert_eq!(writes.all(), ["one\ntwo\n"]);
    }

    #[test]
    fn output_between_invocations_is_written_at_once() {
        let writes = Writes::default();
        let output = Output::to(writes.clone());
        add(&output, false, "one\n");
        output.hold();
        output.release();
        add(&output, false, "two\n");
        assert_eq!(writes.all(), ["one\n", "two\n"]);
    }

    #[test]
    fn held_output_is_flushed_at_its_limit() {
        let writes = Writes::default();
        let output = Output::to(writes.clone());
        output.hold();
        add(&output, false, &"x".repeat(65_535));
        assert!(writes.all().is_empty());
        add(&output, false, "x");
        assert_eq!(writes.all().len(), 1);
    }

    #[test]
    fn only_warnings_and_errors_are_urgent() {
        let writes = Writes::default();
        let output = Output::to(writes.clone());
        output.hold();
        let lines = fmt().with_writer(output).without_time().with_ansi(false).finish();
        tracing::subscriber::with_default(lines, || {
            tracing::info!("one");
            assert!(writes.all().is_empty());
            tracing::warn!("two");
            assert_eq!(writes.all().len(), 1);
            tracing::error!("three");
            assert_eq!(writes.all().len(), 2);
        });
    }
}
