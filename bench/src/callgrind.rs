//! Instructions, counted by valgrind's callgrind. They hardly vary from run to run, so that a small change shows.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::Sandbox;
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::sandbox::check;
use crate::stub::Stub;
use crate::subject::Subject;

/// Instructions in user space, of one sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instructions {
    /// From the start of the process until it asks for an event.
    pub(crate) init: u64,
    /// For its first event.
    pub(crate) first: u64,
    /// For each later event, in the mean.
    pub(crate) warm: u64,
}

/// Events after the first one.
const WARM: u64 = 40;
/// Callgrind is some fifty times slower than the processor.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(120);

/// Why nothing can be counted here; none if it can.
pub(crate) async fn missing() -> Option<String> {
    let version = Command::new("valgrind").arg("--version").output().await;
    match version {
        Ok(version) if version.status.success() => None,
        _ => Some("valgrind is not installed (on Debian and Ubuntu: apt install valgrind)".to_owned()),
    }
}

/// Counts the instructions of a bootstrap by running it with no event, with one, and with many more.
pub(crate) async fn count(subject: &Subject, bootstrap: &Path, stub: &Stub) -> Result<Instructions> {
    let none = total(subject, bootstrap, stub, 0).await?;
    let one = total(subject, bootstrap, stub, 1).await?;
    let many = total(subject, bootstrap, stub, 1 + WARM).await?;
    Ok(difference(none, one, many))
}

fn difference(none: u64, one: u64, many: u64) -> Instructions {
    Instructions { init: none, first: one.saturating_sub(none), warm: many.saturating_sub(one) / WARM }
}

async fn total(subject: &Subject, bootstrap: &Path, stub: &Stub, events: u64) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no"]).arg(bootstrap);
    let sandbox = Sandbox::start_command(command, subject.variables(stub), FUNCTION_TIMEOUT).await;
    let mut sandbox = sandbox.with_context(|| format!("{} does not start under valgrind", subject.name))?;
    stub.take_calls().with_context(|| format!("{}, at its start: {:#?}", subject.name, sandbox.log()))?;
    for _ in 0..events {
        let outcome = sandbox.invoke(subject.event.clone()).await?;
        subject.expected.check(&outcome).with_context(|| subject.name)?;
        sandbox.idle().await?;
    }
    let log = sandbox.terminate().await?;
    check(&log, subject, stub, events)?;
    collected(&log)
}

fn collected(log: &[String]) -> Result<u64> {
    let Some((_, count)) = log.iter().find_map(|line| line.split_once("Collected : ")) else {
        bail!("valgrind did not say what it counted: {log:?}");
    };
    Ok(count.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_have_in_common_is_taken_away() {
        let counted = difference(1_000, 1_500, 1_500 + 70 * WARM);
        assert_eq!(counted, Instructions { init: 1_000, first: 500, warm: 70 });
    }

    #[test]
    fn the_total_is_what_valgrind_says_at_the_end() {
        let log = ["==7== Callgrind, a call-graph", "==7== Events    : Ir", "==7== Collected : 4123456"];
        assert_eq!(collected(&log.map(str::to_owned)).unwrap(), 4_123_456);
        collected(&[]).unwrap_err();
    }
}
