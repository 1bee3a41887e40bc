//! What a run shows: the functions' log, and below it, on a terminal, how far everything is and the last orders.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use local::{Flow, Recent};

/// Where lines go, and what stays below them.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    below: ProgressBar,
    recent: Arc<Mutex<Recent>>,
}

const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Screen {
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{msg}\n{prefix:.dim}").expect("the template is well-formed");
        Self { below: ProgressBar::new_spinner().with_style(style), recent: Arc::default() }
    }

    /// Shows a line of the functions' log.
    pub(super) fn show(&self, line: &str) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.hear(line);
        self.below.suspend(|| println!("{line}"));
        self.below.set_prefix(recent.to_string());
    }

    /// Keeps the depths below up to date, for ever. Where there is no terminal, a line is shown whenever it is another.
    pub(super) async fn follow(&self, flow: Flow) -> Result<Infallible> {
        let mut shown = None;
        loop {
            // The emulator may be too busy to be asked; if it has ended, that is told elsewhere.
            if let Ok(depths) = flow.look().await {
                if self.below.is_hidden() && shown.as_ref() != Some(&depths) {
                    println!("{depths}");
                }
                self.below.set_message(depths.to_string());
                shown = Some(depths);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
