//! How cost grows with parallel sandboxes, with batch size and with the number of invocations.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use indicatif::ProgressBar;
use lambda_sandbox::{Outcome, Sandbox};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::benchmark::Benchmark;
use crate::events;
use crate::process::{cpu_time, resident_kib};
use crate::result::micros;
use crate::sandbox::{invoke, start};
use crate::statistics::median;
use crate::stub::Stub;

/// The results.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Growth {
    pub(crate) side_by_side: Vec<SideBySide>,
    pub(crate) batches: Vec<Batch>,
    pub(crate) memory: Vec<Memory>,
}

/// Parallel sandboxes of one function, each with one event at a time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SideBySide {
    pub(crate) sandboxes: usize,
    /// Total throughput of all sandboxes.
    pub(crate) per_second: f64,
    pub(crate) warm_p50_us: f64,
}

/// Warm invocations of a subscriber with batches of one size.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub(crate) records: usize,
    pub(crate) payload_bytes: usize,
    pub(crate) warm_p50_us: f64,
    pub(crate) cpu_us: Option<f64>,
    /// Records returned as failed, over all invocations.
    pub(crate) returned: usize,
    /// Records delivered, over all invocations.
    pub(crate) handed_over: usize,
}

/// Resident memory in KiB after each number of invocations of one sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) name: String,
    pub(crate) after: Vec<(u32, u64)>,
}

const SIDE_BY_SIDE: [usize; 4] = [1, 2, 4, 8];
const RECORDS: [usize; 5] = [1, 10, 100, 1_000, 10_000];
const AFTER: [u32; 4] = [100, 1_000, 5_000, 10_000];
/// Lambda's limit of a synchronous request, in bytes.
pub(crate) const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// Measures orders in parallel, a subscriber's batches, and the memory of both.
pub(crate) async fn measure(
    orders: &Benchmark,
    subscriber: &Benchmark,
    stub: &Stub,
    bar: &ProgressBar,
) -> Result<Growth> {
    let mut growth = Growth::default();
    for sandboxes in SIDE_BY_SIDE {
        bar.set_message(format!("{sandboxes} sandboxes"));
        growth.side_by_side.push(side_by_side(orders, stub, sandboxes).await?);
    }
    for records in RECORDS {
        bar.set_message(format!("batches of {records}"));
        growth.batches.push(batches(subscriber, stub, records).await?);
    }
    for benchmark in [orders, subscriber] {
        bar.set_message(format!("memory of {}", benchmark.name));
        growth.memory.push(memory(benchmark, stub).await?);
    }
    stub.take_calls()?;
    Ok(growth)
}

async fn side_by_side(benchmark: &Benchmark, stub: &Stub, sandboxes: usize) -> Result<SideBySide> {
    const INVOCATIONS: u32 = 400;
    let mut started = vec![];
    for _ in 0..sandboxes {
        let mut sandbox = start(benchmark, stub).await?;
        invoke(&mut sandbox, benchmark).await?;
        started.push(sandbox);
    }
    let start = Instant::now();
    let mut working = JoinSet::new();
    for mut sandbox in started {
        let benchmark = benchmark.clone();
        working.spawn(async move {
            let mut took = vec![];
            for _ in 0..INVOCATIONS {
                let times = invoke(&mut sandbox, &benchmark).await?;
                took.push(micros(&times.until_answer));
            }
            anyhow::Ok(took)
        });
    }
    let mut took = vec![];
    while let Some(done) = working.join_next().await {
        took.extend(done??);
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let per_second = took.len() as f64 / start.elapsed().as_secs_f64();
    Ok(SideBySide { sandboxes, per_second, warm_p50_us: median(&took) })
}

async fn batches(subscriber: &Benchmark, stub: &Stub, records: usize) -> Result<Batch> {
    let event = events::batch(records);
    // About the same number of records for each batch size, within reason, so that results for
    // small batches are as reliable.
    let invocations = (4_000 / records).clamp(5, 300);
    let mut sandbox = start(subscriber, stub).await?;
    let process = sandbox.process_id().context("it is running")?;
    returned(&mut sandbox, &event).await?;
    let (mut took, mut handed_back, before) = (vec![], 0, cpu_time(process));
    for _ in 0..invocations {
        let (time, failed) = returned(&mut sandbox, &event).await?;
        took.push(micros(&time));
        handed_back += failed;
    }
    let cpu =
        before.zip(cpu_time(process)).map(|(before, after)| micros(&after.saturating_sub(before)));
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let cpu_us = cpu.map(|cpu| cpu / invocations as f64);
    Ok(Batch {
        records,
        payload_bytes: event.len(),
        warm_p50_us: median(&took),
        cpu_us,
        returned: handed_back,
        handed_over: invocations * records,
    })
}

/// Sends a batch, and returns its duration and how many records failed.
async fn returned(sandbox: &mut Sandbox, event: &Bytes) -> Result<(Duration, usize)> {
    let invoked = sandbox.invoke_timed(event.clone()).await?;
    let Outcome::Response(answer) = &invoked.outcome else {
        bail!("the batch failed: {:?}", invoked.outcome)
    };
    let failures =
        serde_json::from_slice::<Value>(answer)?["batchItemFailures"].as_array().map(Vec::len);
    sandbox.idle().await?;
    Ok((invoked.took, failures.context("not the answer to a batch")?))
}

async fn memory(benchmark: &Benchmark, stub: &Stub) -> Result<Memory> {
    let mut sandbox = start(benchmark, stub).await?;
    let process = sandbox.process_id().context("it is running")?;
    let (mut done, mut after) = (0, vec![]);
    for invocations in AFTER {
        while done < invocations {
            invoke(&mut sandbox, benchmark).await?;
            done += 1;
        }
        after.extend(resident_kib(process).map(|kib| (invocations, kib)));
    }
    Ok(Memory { name: benchmark.name.to_owned(), after })
}

impl Memory {
    /// The last resident size divided by the first; `None` if unknown.
    #[expect(clippy::cast_precision_loss, reason = "kibibytes")]
    pub(crate) fn growth(&self) -> Option<f64> {
        let (_, first) = self.after.first()?;
        let (_, last) = self.after.last()?;
        Some(*last as f64 / *first as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_growth_compares_last_with_first() {
        let memory = Memory {
            name: "orders".to_owned(),
            after: vec![(100, 8_000), (1_000, 9_000), (10_000, 8_400)],
        };
        assert!(memory.growth().is_some_and(|growth| (growth - 1.05).abs() < 1e-9));
    }
}
