//! Ctrl-C and other termination signals: drops the work, and with it every process it started.

use std::process::ExitCode;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

/// The shell's exit code for a command that Ctrl-C ended.
const CUT_SHORT: u8 = 130;

/// Runs the work until a termination signal arrives; then drops it and returns 130.
pub async fn or_cut_short(work: impl Future<Output = Result<()>>) -> Result<ExitCode> {
    until_interrupted(CUT_SHORT.into(), work).await
}

/// Runs the work until a termination signal arrives; then drops it and returns `interrupted`.
pub async fn until_interrupted(
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
