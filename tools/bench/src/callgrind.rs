//! Instructions, counted by valgrind's callgrind. The counts hardly vary between runs, so that
//! small changes show.
//!
//! Callgrind slows a program down a hundredfold, most of all code that runs for the first time, and
//! a function's timeouts for AWS would expire. So libfaketime slows the program's clock down
//! further; its own instructions are not counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use lambda_sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::benchmark::Benchmark;
use crate::process::quiet;
use crate::profile::{Costs, executed_outside};
use crate::sandbox::check;
use crate::stub::Stub;

/// Instructions in user space, of one sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instructions {
    /// From the start of the process until it waits for its first event.
    pub(crate) init: u64,
    /// For its first event.
    pub(crate) first: u64,
    /// For each later event, on average.
    pub(crate) warm: u64,
}

/// Valgrind with libfaketime.
#[derive(Debug)]
pub(crate) struct Callgrind {
    libfaketime: PathBuf,
}

/// Events after the first one.
const WARM: u64 = 40;
/// Short runs are repeated and the median taken, which is least affected by random keys, hash seeds
/// and the order of responses.
const RUNS: usize = 5;
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(120);

/// Slows the clock to a hundredth of real time.
const SLOWLY: &str = "+0 x0.01";

impl Callgrind {
    /// Finds the tools. The error names what is missing.
    pub(crate) async fn find() -> Result<Self> {
        let install = "(on Debian and Ubuntu: apt install valgrind libfaketime)";
        let version = Command::new("valgrind").arg("--version").output().await;
        version
            .ok()
            .filter(|version| version.status.success())
            .ok_or(anyhow!("valgrind is not installed {install}"))?;
        let libfaketime = devstack::libfaketime();
        Ok(Self {
            libfaketime: libfaketime
                .with_context(|| format!("libfaketime is not installed {install}"))?,
        })
    }

    /// Counts instructions of this benchmark, whose program is a bootstrap.
    pub(crate) fn of<'a>(
        &'a self,
        benchmark: &'a Benchmark,
        bootstrap: &'a Path,
        stub: &'a Stub,
    ) -> Counter<'a> {
        Counter { libfaketime: &self.libfaketime, benchmark, bootstrap, stub }
    }
}

/// Counts the instructions of one benchmark.
pub(crate) struct Counter<'a> {
    libfaketime: &'a Path,
    benchmark: &'a Benchmark,
    bootstrap: &'a Path,
    stub: &'a Stub,
}

impl Counter<'_> {
    /// Counts by running the bootstrap with no event, with one, and with many more.
    pub(crate) async fn count(&self) -> Result<Instructions> {
        let (none, one) = (self.median(0).await?, self.median(1).await?);
        // One long run is enough: the random part of the start is divided among many events.
        let many = self.costs(1 + WARM).await?.values().sum();
        Ok(difference(none, one, many))
    }

    /// The instructions by function: those of the start, and the average of a warm invocation.
    pub(crate) async fn by_function(&self) -> Result<[Costs; 2]> {
        let (none, one) = (self.costs(0).await?, self.costs(1).await?);
        let mut many = self.costs(1 + WARM).await?;
        for (function, cost) in &mut many {
            *cost = cost.saturating_sub(one.get(function).copied().unwrap_or_default()) / WARM;
        }
        Ok([none, many])
    }

    async fn median(&self, events: u64) -> Result<u64> {
        let mut totals = [0; RUNS];
        for total in &mut totals {
            *total = self.costs(events).await?.values().sum();
        }
        totals.sort_unstable();
        Ok(totals[RUNS / 2])
    }

    async fn costs(&self, events: u64) -> Result<Costs> {
        let Self { libfaketime, benchmark, bootstrap, stub } = self;
        let profile = stub.folder().join("callgrind.out");
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--vgdb=no"]);
        command.arg(format!("--callgrind-out-file={}", profile.display()));
        let mut variables = benchmark.variables(stub);
        variables.push(("LD_PRELOAD".to_owned(), libfaketime.display().to_string()));
        variables.push(("FAKETIME".to_owned(), SLOWLY.to_owned()));
        let sandbox =
            Sandbox::start_command(command.arg(bootstrap), variables, FUNCTION_TIMEOUT).await;
        let mut sandbox =
            sandbox.with_context(|| format!("{} does not start under valgrind", benchmark.name))?;
        let process = sandbox.process_id().context("it is running")?;
        stub.settled().await;
        quiet(process).await;
        stub.take_calls()?;
        for _ in 0..events {
            let outcome = sandbox.invoke(benchmark.event.clone()).await?;
            benchmark.expected.check(&outcome).with_context(|| benchmark.name)?;
            sandbox.idle().await?;
        }
        stub.settled().await;
        quiet(process).await;
        check(&sandbox.terminate().await?, benchmark, stub, events)?;
        executed_outside("libfaketime.so.1", &fs::read_to_string(profile)?)
    }
}

fn difference(none: u64, one: u64, many: u64) -> Instructions {
    Instructions {
        init: none,
        first: one.saturating_sub(none),
        warm: many.saturating_sub(one) / WARM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_subtracts_shared_instructions() {
        let counted = difference(1_000, 1_500, 1_500 + 70 * WARM);
        assert_eq!(counted, Instructions { init: 1_000, first: 500, warm: 70 });
    }
}
