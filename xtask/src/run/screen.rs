//! The output of a run: the functions' log, and below it, on a terminal, one line of counts.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use devstack::{LogLine, StackProgress};
use indicatif::{ProgressBar, ProgressStyle};

/// The log lines, and the status below them. Clones share the same screen.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    below: ProgressBar,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether lines are shown. Before, they would disturb the progress display of the start.
    open: bool,
    held: Vec<String>,
}

const POLL_INTERVAL: Duration = Duration::from_secs(1);

impl Screen {
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{msg}").expect("the template is well-formed");
        Self { below: ProgressBar::new_spinner().with_style(style), state: Arc::default() }
    }

    /// Shows the buffered lines, and from now on every line as it arrives.
    pub(super) fn open(&self) {
        let mut state = self.state();
        state.open = true;
        for line in std::mem::take(&mut state.held) {
            self.print(&line);
        }
    }

    /// Shows a line of the functions' log.
    pub(super) fn show(&self, line: &str) {
        let mut state = self.state();
        if state.open {
            self.print(line);
        } else {
            state.held.push(line.to_owned());
        }
    }

    fn print(&self, line: &str) {
        let line = match LogLine::parse(line) {
            Some(line) => line.to_text(),
            // The compiler's messages. They may have colours, which not every terminal wants.
            None if console::colors_enabled() => line.to_owned(),
            None => console::strip_ansi_codes(line).into_owned(),
        };
        self.below.suspend(|| println!("{line}"));
    }

    /// Keeps the counts below up to date, for ever. Without a terminal, prints a line whenever they
    /// change.
    pub(super) async fn follow(&self, progress: StackProgress) -> Result<Infallible> {
        let mut shown = None;
        loop {
            // The emulator may be too busy to respond; if it has ended, that is reported elsewhere.
            if let Ok(depths) = progress.read().await {
                if self.below.is_hidden() && shown.as_ref() != Some(&depths) {
                    println!("{depths}");
                }
                self.below.set_message(depths.to_string());
                shown = Some(depths);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
