//! A run: all benchmarks in turn, repeatedly, so that other load on the machine affects all of them
//! alike.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use devstack::Progress;
use indicatif::ProgressBar;

use crate::benchmark::{
    BASELINE_FULFILMENT, BASELINE_ORDERS, Benchmark, DEFAULT_SDK, REFERENCE, RING, SHA2,
};
use crate::callgrind::Callgrind;
use crate::process::CpuShare;
use crate::result::{Measured, WithDelays, micros};
use crate::sandbox::{SandboxRun, first_in_share, live};
use crate::statistics::median;
use crate::stub::{Delays, Stub};

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) sandboxes: usize,
    pub(crate) warm_invocations: u32,
}

/// The delays of remote services that targets and budgets refer to.
pub(crate) const REMOTE: Delays = Delays { dynamodb_ms: 5, sns_ms: 15 };

/// Memory sizes, in MB, whose CPU share limits first invocations.
const MEMORY_SIZES: [u32; 3] = [128, 256, 512];

/// Measures the figures that have budgets. All are required.
pub(crate) async fn budgeted(benchmarks: &[Benchmark], stub: &Stub) -> Result<Vec<Measured>> {
    let callgrind = Callgrind::find().await?;
    let extent = Extent { sandboxes: 9, warm_invocations: 100 };
    let what = "Measuring memory and CPU time";
    let mut measured =
        Progress.step(what, async |bar| times(benchmarks, stub, extent, bar).await).await?;
    let extent = Extent { sandboxes: 3, warm_invocations: 20 };
    with_delays(benchmarks, &mut measured, stub, &[REMOTE], extent).await?;
    sizes(benchmarks, &mut measured)?;
    let count =
        async |bar: &_| instructions(&callgrind, benchmarks, &mut measured, stub, bar).await;
    Progress.step("Counting instructions", count).await?;
    Ok(measured)
}

/// Measures all benchmarks, and records what could not be measured.
pub(crate) async fn all(
    benchmarks: &[Benchmark],
    stub: &Stub,
    delays: &[Delays],
    extent: Extent,
) -> Result<(Vec<Measured>, Vec<String>)> {
    let mut not_measured = vec![];
    let mut measured =
        Progress.step("Measuring", async |bar| times(benchmarks, stub, extent, bar).await).await?;
    if measured.iter().any(|measured| measured.cpu.is_none()) {
        not_measured.push(
            "Time on a processor: the kernel has no /proc/<pid>/task/*/schedstat.".to_owned(),
        );
    }
    if measured.iter().any(|measured| measured.peak_resident_kib.is_none()) {
        not_measured.push("Memory: the kernel has no /proc/<pid>/status.".to_owned());
    }
    let fewer = Extent { warm_invocations: extent.warm_invocations / 6 + 1, ..extent };
    with_delays(benchmarks, &mut measured, stub, delays, fewer).await?;
    sizes(benchmarks, &mut measured)?;
    match MEMORY_SIZES
        .iter()
        .map(|size| Ok((*size, CpuShare::of_memory(*size)?)))
        .collect::<Result<Vec<_>>>()
    {
        Ok(shares) => {
            let what = "Measuring first invocations with Lambda's share of a processor";
            let first = Progress
                .step(what, async |bar| in_shares(benchmarks, stub, extent, &shares, bar).await)
                .await?;
            for (measured, first) in measured.iter_mut().zip(first) {
                measured.first_at_mb_us = first;
            }
        }
        Err(error) => not_measured
            .push(format!("First invocations with Lambda's share of a processor: {error:#}.")),
    }
    match Callgrind::find().await {
        Ok(callgrind) => {
            let what = "Counting instructions";
            Progress
                .step(what, async |bar| {
                    instructions(&callgrind, benchmarks, &mut measured, stub, bar).await
                })
                .await?;
        }
        Err(error) => not_measured.push(format!("Instructions: {error:#}.")),
    }
    Ok((measured, not_measured))
}

async fn times(
    benchmarks: &[Benchmark],
    stub: &Stub,
    extent: Extent,
    bar: &ProgressBar,
) -> Result<Vec<Measured>> {
    let lives = lives(benchmarks, stub, extent, bar).await?;
    let of = |(benchmark, lives): (&Benchmark, &Vec<_>)| {
        Measured::of(benchmark.name, benchmark.function, lives)
    };
    Ok(benchmarks.iter().zip(&lives).map(of).collect())
}

/// Runs the benchmarks' sandboxes in turn. Returns each benchmark's runs.
async fn lives(
    benchmarks: &[Benchmark],
    stub: &Stub,
    extent: Extent,
    bar: &ProgressBar,
) -> Result<Vec<Vec<SandboxRun>>> {
    let mut lives: Vec<_> = benchmarks.iter().map(|_| vec![]).collect();
    for round in 1..=extent.sandboxes {
        for (benchmark, lives) in benchmarks.iter().zip(&mut lives) {
            bar.set_message(format!("{round} of {}: {}", extent.sandboxes, benchmark.name));
            lives.push(live(benchmark, stub, extent.warm_invocations).await?);
        }
    }
    Ok(lives)
}

/// Measures how long a client waits, or a batch takes, for each of the delays.
async fn with_delays(
    benchmarks: &[Benchmark],
    measured: &mut [Measured],
    stub: &Stub,
    delays: &[Delays],
    extent: Extent,
) -> Result<()> {
    let delayed: Vec<_> = benchmarks.iter().filter(|of| of.with_delays).cloned().collect();
    for delays in delays {
        stub.set_delays(*delays);
        let what = format!("Measuring with services that take {delays} ms");
        let lives =
            Progress.step(&what, async |bar| lives(&delayed, stub, extent, bar).await).await?;
        for (benchmark, lives) in delayed.iter().zip(&lives) {
            let measured = measured.iter_mut().find(|measured| measured.name == benchmark.name);
            let measured = measured.context("all were measured before")?;
            let with_delays = WithDelays::of(*delays, lives);
            let waited_us = with_delays.warm.until_answer_us;
            ensure!(
                waited_us >= 1e3 * f64::from(delays.dynamodb_ms),
                "{}: it answers after {waited_us} µs, before the order can be saved",
                benchmark.name
            );
            measured.with_delays.push(with_delays);
        }
    }
    stub.set_delays(Delays::default());
    Ok(())
}

async fn in_shares(
    benchmarks: &[Benchmark],
    stub: &Stub,
    extent: Extent,
    shares: &[(u32, CpuShare)],
    bar: &ProgressBar,
) -> Result<Vec<BTreeMap<u32, f64>>> {
    let mut first: Vec<BTreeMap<u32, Vec<f64>>> =
        benchmarks.iter().map(|_| BTreeMap::new()).collect();
    for round in 1..=extent.sandboxes {
        for (benchmark, first) in benchmarks.iter().zip(&mut first) {
            for (size, share) in shares {
                bar.set_message(format!(
                    "{round} of {}: {} with {size} MB",
                    extent.sandboxes, benchmark.name
                ));
                first
                    .entry(*size)
                    .or_default()
                    .push(micros(&first_in_share(benchmark, stub, share).await?));
            }
        }
    }
    let medians =
        first.iter().map(|sizes| sizes.iter().map(|(size, took)| (*size, median(took))).collect());
    Ok(medians.collect())
}

fn sizes(benchmarks: &[Benchmark], measured: &mut [Measured]) -> Result<()> {
    for (benchmark, measured) in benchmarks.iter().zip(measured) {
        measured.binary_bytes = benchmark
            .program
            .bootstrap()
            .map(std::fs::metadata)
            .transpose()?
            .map(|file| file.len());
    }
    Ok(())
}

/// With several threads, the count depends on which of them is quicker; the others' is not needed.
const UNCOUNTED: [&str; 6] =
    [DEFAULT_SDK, REFERENCE, SHA2, RING, BASELINE_ORDERS, BASELINE_FULFILMENT];

/// Counts the instructions of the benchmarks.
async fn instructions(
    callgrind: &Callgrind,
    benchmarks: &[Benchmark],
    measured: &mut [Measured],
    stub: &Stub,
    bar: &ProgressBar,
) -> Result<()> {
    for (benchmark, measured) in benchmarks.iter().zip(measured) {
        if let Some(bootstrap) =
            benchmark.program.bootstrap().filter(|_| !UNCOUNTED.contains(&benchmark.name))
        {
            bar.set_message(benchmark.name);
            measured.instructions = Some(callgrind.of(benchmark, bootstrap, stub).count().await?);
        }
    }
    Ok(())
}
