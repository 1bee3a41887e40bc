//! One sandbox, measured from start to end: start, first event, many more.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lambda_sandbox::{Invoked, Sandbox};

use crate::benchmark::Benchmark;
use crate::process::{CpuShare, cpu_time, peak_resident_kib};
use crate::stub::Stub;

/// The measurements of one sandbox.
#[derive(Debug)]
pub(crate) struct SandboxRun {
    pub(crate) init: Duration,
    pub(crate) first: Times,
    pub(crate) warm: Vec<Times>,
    /// `None` where the kernel does not count it.
    pub(crate) cpu: Option<Cpu>,
    pub(crate) peak_resident_kib: Option<u64>,
    /// Bytes logged for one event, on average.
    pub(crate) log_bytes: f64,
}

/// CPU time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) init: Duration,
    pub(crate) first: Duration,
    /// Of one warm invocation, on average.
    pub(crate) warm: Duration,
}

/// Longer than any timeout, so that a slow machine yields slow figures instead of failures.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);

/// Starts a sandbox of the benchmark, and sends one event and then `warm` more.
pub(crate) async fn live(benchmark: &Benchmark, stub: &Stub, warm: u32) -> Result<SandboxRun> {
    let mut sandbox = start(benchmark, stub).await?;
    let process = sandbox.process_id().context("it is running")?;
    let after_init = cpu_time(process);
    let first = invoke(&mut sandbox, benchmark).await?;
    let after_first = cpu_time(process);
    let mut warm_times = vec![];
    for _ in 0..warm {
        warm_times.push(invoke(&mut sandbox, benchmark).await?);
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
    Ok(SandboxRun { init, first, warm: warm_times, cpu, peak_resident_kib, log_bytes })
}

/// Starts a sandbox of the benchmark without a CPU limit, as Lambda does, then limits it to its
/// share and sends the first event.
pub(crate) async fn first_in_share(
    benchmark: &Benchmark,
    stub: &Stub,
    share: &CpuShare,
) -> Result<Duration> {
    let mut sandbox = start(benchmark, stub).await?;
    share.limit(sandbox.process_id().context("it is running")?)?;
    let first = invoke(&mut sandbox, benchmark).await?.until_next;
    end(sandbox, benchmark, stub, 1).await?;
    Ok(first)
}

/// Starts a sandbox of the benchmark.
pub(crate) async fn start(benchmark: &Benchmark, stub: &Stub) -> Result<Sandbox> {
    let command = &mut benchmark.program.command();
    let sandbox =
        Sandbox::start_command(command, benchmark.variables(stub), FUNCTION_TIMEOUT).await;
    let sandbox = sandbox.with_context(|| format!("{} does not start", benchmark.name))?;
    // A connection that the function began to open, but did not need, completes in the background.
    stub.settled().await;
    // Calls before the first event are not counted, as long as the stub could answer them.
    stub.take_calls().with_context(|| format!("{}, at its start", benchmark.name))?;
    Ok(sandbox)
}

/// How long an invocation took, from sending its event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// What a client waits for.
    pub(crate) until_answer: Duration,
    /// What Lambda bills.
    pub(crate) until_next: Duration,
}

/// Sends an event, and waits until the function asks for the next one.
pub(crate) async fn invoke(sandbox: &mut Sandbox, benchmark: &Benchmark) -> Result<Times> {
    let start = Instant::now();
    let Invoked { outcome, took } = sandbox.invoke_timed(benchmark.event.clone()).await?;
    sandbox.idle().await?;
    let until_next = start.elapsed();
    benchmark.expected.check(&outcome).with_context(|| benchmark.name)?;
    Ok(Times { until_answer: took, until_next })
}

/// Ends the sandbox, and returns its log.
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

/// Checks that the function made the expected AWS calls for this many events and logged no problem.
pub(crate) fn check(log: &[String], benchmark: &Benchmark, stub: &Stub, events: u64) -> Result<()> {
    let calls = stub.take_calls().with_context(|| benchmark.name)?;
    ensure!(
        calls == benchmark.calls(events),
        "{} asked AWS for {calls:?} with {events} events",
        benchmark.name
    );
    let problem = log
        .iter()
        .find(|line| line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#));
    ensure!(problem.is_none(), "{} complains: {problem:?}", benchmark.name);
    Ok(())
}
