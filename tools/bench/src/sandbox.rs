//! One sandbox's life, measured: start, first event, many more.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lambda_sandbox::{Invoked, Sandbox};

use crate::process::{CpuShare, cpu_time, peak_resident_kib};
use crate::stub::Stub;
use crate::subject::Subject;

/// What was seen of one sandbox.
#[derive(Debug)]
pub(crate) struct Life {
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

/// Starts a sandbox of the subject, hands over one event and `warm` more.
pub(crate) async fn live(subject: &Subject, stub: &Stub, warm: u32) -> Result<Life> {
    let mut sandbox = start(subject, stub).await?;
    let process = sandbox.process_id().context("it is running")?;
    let after_init = cpu_time(process);
    let first = invoke(&mut sandbox, subject).await?;
    let after_first = cpu_time(process);
    let mut took = Vec::with_capacity(warm as usize);
    for _ in 0..warm {
        took.push(invoke(&mut sandbox, subject).await?);
    }
    let cpu = after_init.zip(after_first).zip(cpu_time(process)).map(|((init, first), all)| Cpu {
        init,
        first: first.saturating_sub(init),
        warm: all.saturating_sub(first) / warm.max(1),
    });
    let peak_resident_kib = peak_resident_kib(process);
    let init = sandbox.init();
    let log = end(sandbox, subject, stub, u64::from(warm) + 1).await?;
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let written = log.iter().map(|line| line.len() + 1).sum::<usize>() as f64;
    let log_bytes = written / f64::from(warm + 1);
    Ok(Life { init, first, warm: took, cpu, peak_resident_kib, log_bytes })
}

/// Starts a sandbox of the subject with all the processor it wants, as Lambda does, and hands over its first event when
/// it has no more than its share.
pub(crate) async fn first_in_share(subject: &Subject, stub: &Stub, share: &CpuShare) -> Result<Duration> {
    let mut sandbox = start(subject, stub).await?;
    share.limit(sandbox.process_id().context("it is running")?)?;
    let first = invoke(&mut sandbox, subject).await?;
    end(sandbox, subject, stub, 1).await?;
    Ok(first)
}

/// Starts a sandbox of the subject.
pub(crate) async fn start(subject: &Subject, stub: &Stub) -> Result<Sandbox> {
    let command = &mut subject.program.command();
    let sandbox = Sandbox::start_command(command, subject.variables(stub), FUNCTION_TIMEOUT).await;
    let sandbox = sandbox.with_context(|| format!("{} does not start", subject.name))?;
    // A connection that was begun and not needed is still made in the background.
    stub.settled().await;
    // What it asks before its first event is its own affair, as long as it is answered.
    stub.take_calls().with_context(|| format!("{}, at its start", subject.name))?;
    Ok(sandbox)
}

/// Hands over an event, and waits until it asks for the next one.
pub(crate) async fn invoke(sandbox: &mut Sandbox, subject: &Subject) -> Result<Duration> {
    let Invoked { outcome, took } = sandbox.invoke_timed(subject.event.clone()).await?;
    subject.expected.check(&outcome).with_context(|| subject.name)?;
    sandbox.idle().await?;
    Ok(took)
}

/// Ends it, and gives what it wrote.
async fn end(sandbox: Sandbox, subject: &Subject, stub: &Stub, events: u64) -> Result<Vec<String>> {
    let log = sandbox.end().await?;
    check(&log, subject, stub, events)?;
    Ok(log)
}

/// An error unless it asked of AWS what it must for so many events, and had nothing to complain of.
pub(crate) fn check(log: &[String], subject: &Subject, stub: &Stub, events: u64) -> Result<()> {
    let calls = stub.take_calls().with_context(|| subject.name)?;
    ensure!(calls == subject.calls(events), "{} asked AWS for {calls:?} with {events} events", subject.name);
    let complaint = log.iter().find(|line| line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#));
    ensure!(complaint.is_none(), "{} complains: {complaint:?}", subject.name);
    Ok(())
}
