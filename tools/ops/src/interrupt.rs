//! Ctrl-C, for work that must not stop in the middle of a step.

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether the operator asked to stop.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    requested: watch::Receiver<bool>,
}

/// The shell's exit code for a command that Ctrl-C ended.
const CUT_SHORT: i32 = 130;

impl Interrupt {
    /// From here on the first Ctrl-C (or SIGTERM) only requests a stop; the second ends the process
    /// at once.
    pub(crate) fn listen() -> Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (sender, requested) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
                if sender.send_replace(true) {
                    std::process::exit(CUT_SHORT);
                }
                eprintln!("Stopping; Ctrl-C again stops at once.");
            }
        });
        Ok(Self { requested })
    }

    /// An interrupt with a fixed state.
    #[cfg(test)]
    pub(crate) fn fixed(requested: bool) -> Self {
        Self { requested: watch::channel(requested).1 }
    }

    /// Waits until Ctrl-C is pressed.
    pub(crate) async fn wait(mut self) {
        // The sender lives as long as the process, except in tests.
        let _ = self.requested.wait_for(|requested| *requested).await;
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn requested(&self) -> bool {
        *self.requested.borrow()
    }
}
