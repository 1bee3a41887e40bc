//! One sandbox's life, measured: start, first event, many more.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lambda_sandbox::{Invoked, Sandbox};

use crate::benchmark::Benchmark;
use crate::process::{CpuShare, cpu_time, peak_resident_kib};
use crate::stub::Stub;

/// What was seen of one sandbox.
#[derive(Debug)]
pub(crate) struct SandboxRun {
    pub(crate) init: Duration,
    pub(crate) first: Duration,
    pub(crate) warm: Vec<Duration>,
    /// None where the kernel does not count it.
    pub(crate) cpu: Option<Cpu>,
    pub(crate) peak_resident_kib: Option<u64>,
    /// What it wrote for one event, in the mean.
    pub(crate) log_bytes: f64,
}

/// Time on a processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) init: Duration,
    pub(crate) first: Duration,
    /// Of one warm invocation, in the mean.
    pub(crate) warm: Duration,
}

/// Longer than any function may take, so that a slow machine makes slow figures and not failures.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);

/// Starts a sandbox of the benchmark, hands over one event and `warm` more.
pub(crate) async fn live(benchmark: &Benchmark, stub: &Stub, warm: u32) -> Result<SandboxRun> {
    let mut sandbox = start(benchmark, stub).await?;
    let process = sandbox.process_id().context("it is running")?;
    let after_init = cpu_time(process);
    let first = invoke(&mut sandbox, benchmark).await?;
    let after_first = cpu_time(process);
    let mut took = Vec::with_capacity(warm as usize);
    for _ in 0..warm {
        took.push(invoke(&mut sandbox, benchmark).await?);
    }
    let cpu = after_init.zip(after_first).zip(cpu_time(process)).map(|((init, first), all)| Cpu {
        init,
        first: first.saturating_sub(init),
        warm: all.saturating_sub(first) / warm.max(1),
    });
    let peak_resident_kib = peak_resident_kib(process);
    let init = sandbox.init();
    let log = end(sandbox, benchmark, stub, u64::from(warm) + 1).await?;
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let written = log.iter().map(|line| line.len() + 1).sum::<usize>() as f64;
    let log_bytes = written / f64::from(warm + 1);
    Ok(SandboxRun { init, first, warm: took, cpu, peak_resident_kib, log_bytes })
}

/// Starts a sandbox of the benchmark with all the processor it wants, as Lambda does, and hands
/// over its first event when it has no more than its share.
pub(crate) async fn first_in_share(
    benchmark: &Benchmark,
    stub: &Stub,
    share: &CpuShare,
) -> Result<Duration> {
    let mut sandbox = start(benchmark, stub).await?;
    share.limit(sandbox.process_id().context("it is running")?)?;
    let first = invoke(&mut sandbox, benchmark).await?;
    end(sandbox, benchmark, stub, 1).await?;
    Ok(first)
}

/// Starts a sandbox of the benchmark.
pub(crate) async fn start(benchmark: &Benchmark, stub: &Stub) -> Result<Sandbox> {
    let command = &mut benchmark.program.command();
    let sandbox =
        Sandbox::start_command(command, benchmark.variables(stub), FUNCTION_TIMEOUT).await;
    let sandbox = sandbox.with_context(|| format!("{} does not start", benchmark.name))?;
    // A connection that was begun and not needed is still made in the background.
    stub.settled().await;
    // What it asks before its first event is its own affair, as long as it is answered.
    stub.take_calls().with_context(|| format!("{}, at its start", benchmark.name))?;
    Ok(sandbox)
}

/// Hands over an event, and waits until it asks for the next one.
pub(crate) async fn invoke(sandbox: &mut Sandbox, benchmark: &Benchmark) -> Result<Duration> {
    let Invoked { outcome, took } = sandbox.invoke_timed(benchmark.event.clone()).await?;
    benchmark.expected.check(&outcome).with_context(|| benchmark.name)?;
    sandbox.idle().await?;
    Ok(took)
}

/// Ends it, and gives what it wrote.
async fn end(
    sandbox: Sandbox,
    benchmark: &Benchmark,
    stub: &Stub,
    events: u64,
) -> Result<Vec<String>> {
    let log = sandbox.end().await?;
    check(&log, benchmark, stub, events)?;
    Ok(log)
}

/// An error unless it asked of AWS what it must for so many events, and had nothing to complain of.
pub(crate) fn check(log: &[String], benchmark: &Benchmark, stub: &Stub, events: u64) -> Result<()> {
    let calls = stub.take_calls().with_context(|| benchmark.name)?;
    ensure!(
        calls == benchmark.calls(events),
        "{} asked AWS for {calls:?} with {events} events",
        benchmark.name
    );
    let complaint = log
        .iter()
        .find(|line| line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#));
    ensure!(complaint.is_none(), "{} complains: {complaint:?}", benchmark.name);
    Ok(())
}
