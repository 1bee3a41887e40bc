//! Ctrl-C, and its likes: the work is dropped, and with it every process it started.

use std::process::ExitCode;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

/// What a shell shows for a command that Ctrl-C cut short.
pub(crate) const CUT_SHORT: u8 = 130;

/// Does the work, unless a signal to end comes first: then the outcome is `interrupted`.
pub(crate) async fn or(
    interrupted: ExitCode,
    work: impl Future<Output = Result<()>>,
) -> Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        done = work => return done.map(|()| ExitCode::SUCCESS),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    eprintln!("Stopped.");
    Ok(interrupted)
}
