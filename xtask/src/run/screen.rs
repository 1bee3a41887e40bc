//! The output of a run: the functions' log, and below it, on a terminal, progress and the last
//! orders.

use std::convert::Infallible;
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use devstack::{Recent, StackProgress};
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
    depths: String,
    recent: Recent,
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
            self.print(&mut state, &line);
        }
    }

    /// Shows a line of the functions' log.
    pub(super) fn show(&self, line: &str) {
        let mut state = self.state();
        if state.open {
            self.print(&mut state, line);
        } else {
            state.held.push(line.to_owned());
        }
    }

    fn print(&self, state: &mut State, line: &str) {
        state.recent.push(line);
        // The functions always write colours; `console` respects the terminal, NO_COLOR and
        // CLICOLOR_FORCE.
        let line =
            if console::colors_enabled() { line.into() } else { console::strip_ansi_codes(line) };
        self.below.suspend(|| println!("{line}"));
        self.below.set_message(state.to_string());
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
                let mut state = self.state();
                state.depths = depths.to_string();
                self.below.set_message(state.to_string());
                shown = Some(depths);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.depths)?;
        let recent = self.recent.to_string();
        recent.lines().try_for_each(|order| write!(formatter, "\n{order}"))
    }
}
