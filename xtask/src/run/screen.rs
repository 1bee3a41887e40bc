//! What a run shows: the functions' log, and below it, on a terminal, how far everything is.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use local::Flow;

/// Where lines go, and the line that stays below them.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    below: ProgressBar,
}

const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Screen {
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{wide_msg:.dim}").expect("the template is well-formed");
        Self { below: ProgressBar::new_spinner().with_style(style) }
    }

    /// Shows a line of the functions' log.
    pub(super) fn show(&self, line: &str) {
        self.below.suspend(|| println!("{line}"));
    }

    /// Keeps the line below up to date, for ever. Where there is no terminal, a line is shown whenever it is another.
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
