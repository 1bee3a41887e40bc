//! docs/reports/benchmarks.md and its charts, from the kept results.

mod charts;
mod client_latency;
pub(crate) mod table;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use devstack::root;

use crate::growth::{Batch, Growth, LARGEST_PAYLOAD};
use crate::machine::Machine;
use crate::result::{Measured, Run};
use crate::{scaling, targets};
use charts::Bar;

const PAGE: &str = "docs/reports/benchmarks.md";
const FOLDER: &str = "docs/reports/benchmarks";
/// The file of the kept run.
const RUN: &str = "run.json";

impl Run {
    /// Keeps the run for the page.
    pub(crate) fn keep(&self) -> Result<()> {
        fs::create_dir_all(root().join(FOLDER))?;
        fs::write(file(RUN), serde_json::to_string_pretty(self)? + "\n")
            .context("the result cannot be written")
    }

    /// Reads the kept run, or returns `None` if there is none yet.
    pub(crate) fn kept() -> Result<Option<Self>> {
        let Ok(text) = fs::read_to_string(file(RUN)) else { return Ok(None) };
        let run = serde_json::from_str(&text);
        Ok(Some(run.with_context(|| format!("{FOLDER}/{RUN} is not understood"))?))
    }
}

fn file(name: &str) -> PathBuf {
    root().join(FOLDER).join(name)
}

/// Rewrites the page and its charts.
pub(crate) fn write() -> Result<()> {
    let mut page = String::from(
        "# Benchmarks\n\nWritten by `cargo xtask bench` from what it measured; not by hand.\n",
    );
    if let Some(run) = Run::kept()? {
        part_of_run(&mut page, &run)?;
        if let Some(growth) = &run.growth {
            part_of_growth(&mut page, growth)?;
        }
        draw(&run)?;
        scaling::write(&run)?;
    }
    fs::write(root().join(PAGE), page)?;
    println!("Written: {PAGE}");
    Ok(())
}

fn part_of_run(page: &mut String, run: &Run) -> Result<()> {
    let Run { commit, machine, sandboxes, warm_invocations, .. } = run;
    let Machine { processor, processors, kernel, rustc } = machine;
    writeln!(
        page,
        "\n`cargo xtask bench` at {commit}, on {processors} × {processor}, {kernel}, {rustc}.\n"
    )?;
    writeln!(
        page,
        "{}",
        HOW.replace("{sandboxes}", &sandboxes.to_string())
            .replace("{warm}", &warm_invocations.to_string())
    )?;
    writeln!(page, "\n## Targets\n\n|{}|\n|---|--:|--:|--:|---|", targets::HEADER.join("|"))?;
    for target in targets::all(run) {
        writeln!(page, "| {} |", target.row().join(" | "))?;
    }
    writeln!(
        page,
        "\nWhat was tried: [performance analysis](../reference/performance-analysis.md)."
    )?;
    client_latency::write(page, run)?;
    writeln!(page, "\n## Measurements\n")?;
    let (header, rows) = table::rows(run);
    let names: Vec<_> = rows.iter().map(|row| &*row[0]).collect();
    writeln!(page, "| | {} |\n|---|{}", names.join(" | "), "--:|".repeat(names.len()))?;
    for (at, name) in header.iter().enumerate().skip(1) {
        let cells: Vec<_> = rows.iter().map(|row| &*row[at]).collect();
        writeln!(page, "| {name} | {} |", cells.join(" | "))?;
    }
    writeln!(page)?;
    for (name, title) in [
        ("start", "Start and first invocation"),
        ("warm", "A warm invocation"),
        ("memory", "Memory"),
    ] {
        writeln!(page, "![{title}](benchmarks/{name}.svg)\n")?;
    }
    page.push_str(WHAT_THEY_ARE);
    if let Some(baseline) = &run.baseline {
        writeln!(
            page,
            "- *Baseline* is commit {baseline} of this repository (`tools/bench/baseline.toml`)."
        )?;
    }
    if !run.not_measured.is_empty() {
        writeln!(page, "\n## Not measured\n")?;
        for reason in &run.not_measured {
            writeln!(page, "- {reason}")?;
        }
    }
    Ok(())
}

fn part_of_growth(page: &mut String, growth: &Growth) -> Result<()> {
    let Growth { side_by_side, batches, memory } = growth;
    writeln!(
        page,
        "\n## Concurrency, batch size and memory\n\n{SIDE_BY_SIDE}\n\n| sandboxes | invocations a second | warm p50 µs |\n|--:|--:|--:|"
    )?;
    for found in side_by_side {
        writeln!(
            page,
            "| {} | {:.0} | {:.0} |",
            found.sandboxes, found.per_second, found.warm_p50_us
        )?;
    }
    writeln!(
        page,
        "\n{BATCHES}\n\n| records | payload | warm p50 ms | µs a record | CPU µs a record | handed back |"
    )?;
    writeln!(page, "|--:|--:|--:|--:|--:|--:|")?;
    for Batch { records, payload_bytes, warm_p50_us, cpu_us, returned, handed_over } in batches {
        #[expect(clippy::cast_precision_loss, reason = "two digits of it are shown")]
        let (each, megabytes) = (*records as f64, *payload_bytes as f64 / 1e6);
        let over = if *payload_bytes > LARGEST_PAYLOAD { ", more than Lambda takes" } else { "" };
        let cpu = cpu_us.map_or_else(|| "–".to_owned(), |cpu| format!("{:.1}", cpu / each));
        let (batch_ms, one) = (warm_p50_us / 1e3, warm_p50_us / each);
        writeln!(
            page,
            "| {records} | {megabytes:.3} MB{over} | {batch_ms:.2} | {one:.1} | {cpu} | {returned} of {handed_over} |"
        )?;
    }
    writeln!(page, "\n{MEMORY}\n")?;
    for found in memory {
        let after = found.after.iter().map(|(after, kib)| format!("{kib} KiB after {after}"));
        let after: Vec<_> = after.collect();
        let growth = found
            .growth()
            .map_or_else(String::new, |growth| format!(": {:+.1} %", (growth - 1.0) * 100.0));
        writeln!(page, "- {}: {}{growth}", found.name, after.join(", "))?;
    }
    Ok(())
}

const SIDE_BY_SIDE: &str = "\
Sandboxes of orders side by side, each with one `POST` at a time. They share the machine's processors with the stub and with
what hands the events over, and those are one thread: on a machine with few processors more sandboxes wait for each other, as
they do not on Lambda.";
const BATCHES: &str = "\
Batches of fulfilment. A queue hands over 10 records unless `BatchSize` is larger, up to 10,000; Lambda takes at most
6 MiB. What is handed back is tried again.";
const MEMORY: &str = "Resident memory after many warm invocations of one sandbox:";

const HOW: &str = "\
Release binaries, built as they are deployed, run as Lambda runs them: over the Runtime API on loopback, one event at a time.
DynamoDB and SNS are a stub on loopback with TLS 1.3. Unless a table says otherwise it responds at once, so that the figures
are what the functions themselves cost. The stub fails requests that it does not know, and every response is checked.
Figures are medians over {sandboxes} sandboxes each, which take turns, with {warm} warm invocations in each.";

const WHAT_THEY_ARE: &str = "\
- **init**: from starting the process until it asks for its first event. **first**, **warm**: from handing an event over until
  its answer; **until next**: until the function asks for the next event. The no-op is the one of `lambda_http`, which parses
  the request. Ratios to it differ by a factor of two between machines, because it does little but wait for the kernel.
- **CPU**: time on a processor, of all threads, by the kernel's count. At 128 MB Lambda grants 1.45 ms of it in each 20 ms;
  **first at 128 / 256 / 512 MB** is the first invocation under such a limit, until the function asks for the next event. The
  limit is set after the start, which Lambda does not limit so.
- **instr**: instructions in user space, by valgrind's callgrind: runs with no event, with one and with more, subtracted.
  The function's clock is slowed down by libfaketime, whose instructions are not counted; loading it is, about 0.15 million of
  each init.
- **RSS**: the most memory that was resident. **binary**: the stripped bootstrap. MB are a million bytes.
- The chain of certificates is root, intermediate, leaf on P-256; five roots are there to be read, as for AWS. AWS's endpoints
  have RSA keys, which cost a client less to verify and a server more to sign with.
- Functions reach DynamoDB and SNS at the same address here, and at two on AWS; one connection to each is opened at the start
  in both cases.
- *SDK defaults* is the same work with the AWS SDK for Rust as it comes: its configuration chain and TLS, a thread for each
  processor, nothing opened before the first event (`tools/bench/default-sdk`). *Python* is the same work with boto3 on Lambda's own
  runtime client (`tools/bench/python`); its subscriber once as ours is made, with one request for a batch, and once as such subscribers
  are usually written, with one for each order. None of these logs or counts anything, which the functions do.
";

fn draw(run: &Run) -> Result<()> {
    let bars = |parts: &dyn Fn(&Measured) -> Vec<f64>| -> Vec<_> {
        run.benchmarks.iter().map(|of| Bar { name: of.name.clone(), parts: parts(of) }).collect()
    };
    let start = bars(&|of| vec![of.init_us / 1e3, of.first_us / 1e3]);
    charts::draw(
        &file("start.svg"),
        "Start and first invocation",
        "ms",
        &["init", "first invocation"],
        &start,
    )?;
    let warm =
        bars(&|of| vec![of.warm_p50_us, (of.warm_until_next_p50_us - of.warm_p50_us).max(0.0)]);
    charts::draw(
        &file("warm.svg"),
        "A warm invocation, median",
        "µs",
        &["until the answer", "after it"],
        &warm,
    )?;
    let memory = bars(&|of| vec![of.peak_resident_kib.unwrap_or_default() * 1024.0 / 1e6]);
    charts::draw(&file("memory.svg"), "Memory, the most that was resident", "MB", &[], &memory)
}
