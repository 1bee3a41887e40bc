//! Measures the functions and no-op functions, run as Lambda runs them: `cargo xtask bench`.

mod answer;
mod baseline;
mod benchmark;
mod budget;
mod callgrind;
mod events;
mod growth;
mod machine;
mod measure;
mod page;
mod process;
mod profile;
mod profile_report;
mod result;
mod sandbox;
mod scaling;
mod statistics;
mod stub;
mod targets;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use devstack::{Progress, Tools, functions};

use baseline::Baseline;
use benchmark::{Benchmark, FULFILMENT, ORDERS, SHA2};
use budget::Comparison;
use growth::Growth;
use machine::Machine;
use measure::Extent;
use page::table;
use result::Run;
use stub::{Delays, Stub};

/// Measure what the functions cost, compared with functions that do nothing.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct Options {
    /// Compare only instructions, memory, binary sizes and ratios of times with
    /// tools/bench/budget.toml.
    #[arg(long)]
    check: bool,
    /// Print a tools/bench/budget.toml that just allows the measured values.
    #[arg(long, requires = "check")]
    suggest: bool,
    /// Rewrite the pages from the results that were kept, without measuring.
    #[arg(long, exclusive = true)]
    pages: bool,
    /// Show only the functions that execute most instructions. Builds binaries with symbol names
    /// (about five minutes the first time).
    #[arg(long, conflicts_with_all = ["check", "alone"])]
    profile: bool,
    /// Measure only these functions, and the no-ops.
    #[arg(long, num_args = 1.., value_parser = PossibleValuesParser::new(functions()))]
    only: Vec<String>,
    /// Skip the comparison with Python, with the SDK's defaults and with the baseline's commit.
    #[arg(long)]
    alone: bool,
    /// The number of sandboxes behind each median.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// The number of warm invocations in each sandbox.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    warm: u32,
    /// How long DynamoDB and SNS take to respond, in milliseconds, when the time that a client waits
    /// is measured.
    #[arg(long, num_args = 1.., default_values_t = [Delays::default(), measure::REMOTE])]
    delays: Vec<Delays>,
}

/// The workspace of the orders function with the SDK's defaults.
const DEFAULT_SDK: &str = "tools/bench/default-sdk";

/// Stub and Runtime API share one thread, so that the function has the other processors to itself.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match devstack::or_cut_short(bench(Options::parse())).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(options: Options) -> Result<()> {
    if options.pages {
        return page::write();
    }
    let tools = Tools::install(Progress).await?;
    let wanted = |benchmark: &Benchmark| {
        benchmark.function == "no-op"
            || options.only.is_empty()
            || options.only.iter().any(|only| only == benchmark.function)
    };
    let with_no_op: Vec<_> = functions().iter().copied().chain(["no-op"]).collect();
    let binaries = match &options {
        Options { profile: true, .. } => {
            devstack::build_with_names(&tools, functions(), Progress).await?
        }
        _ => devstack::build_packages(&tools, &with_no_op, Progress).await?,
    };
    let mut benchmarks = benchmark::rust(&binaries)?;
    let baseline = Baseline::read()?;
    let is_compared = !options.check && !options.profile && !options.alone;
    if is_compared {
        benchmarks.extend(benchmark::fifo(&binaries)?);
        benchmarks.extend(baseline.build(&tools).await?);
        devstack::build_apart(&tools, DEFAULT_SDK, &["default-sdk"], Progress).await?;
        let default_sdk = devstack::root().join("target/default-sdk/lambda");
        benchmarks
            .extend(benchmark::others(&default_sdk, &devstack::lambda_python(Progress).await?)?);
    }
    benchmarks.retain(wanted);

    let stub = Stub::start().await?;
    if options.check || options.profile {
        benchmarks.retain(|benchmark| benchmark.function != "no-op");
    }
    if options.profile {
        return profile_report::print(&benchmarks, &stub).await;
    }
    if options.check {
        benchmarks.extend(benchmark::references(&binaries));
        return check(&benchmarks, &stub, !options.only.is_empty(), options.suggest).await;
    }
    let commit = devstack::source()?;
    let extent = Extent { sandboxes: options.samples.into(), warm_invocations: options.warm };
    let (measured, not_measured) =
        measure::all(&benchmarks, &stub, &options.delays, extent).await?;
    let mut run = Run {
        commit,
        machine: Machine::this(),
        sandboxes: extent.sandboxes,
        warm_invocations: extent.warm_invocations,
        baseline: is_compared.then_some(baseline.commit),
        benchmarks: measured,
        growth: None,
        not_measured,
    };
    println!("{}\n{}", table::text(&run), targets::text(&run));
    for reason in &run.not_measured {
        println!("Not measured. {reason}");
    }
    if !options.only.is_empty() || options.alone {
        println!("docs/reports/benchmarks.md stays as it is: this was part of a run.");
        return Ok(());
    }
    run.growth = Some(grow(&benchmarks, &stub).await?);
    run.keep()?;
    page::write()
}

async fn grow(benchmarks: &[Benchmark], stub: &Stub) -> Result<Growth> {
    let benchmark = |name| {
        benchmarks.iter().find(|benchmark| benchmark.name == name).context("all are measured")
    };
    let (orders, subscriber) = (benchmark(ORDERS)?, benchmark(FULFILMENT)?);
    let measure = async |bar: &_| growth::measure(orders, subscriber, stub, bar).await;
    Progress.step("Measuring how it grows", measure).await
}

async fn check(functions: &[Benchmark], stub: &Stub, partial: bool, suggest: bool) -> Result<()> {
    let mut budget = budget::kept()?;
    if partial {
        budget.retain(|benchmark, _| functions.iter().any(|function| function.name == benchmark));
    }
    if !budget::has_sha_instructions() {
        println!("sha2 is not compared with ring: this processor has no SHA instructions.");
        budget.remove(SHA2);
    }
    let mut found = budget::figures(&measure::budgeted(functions, stub).await?)?;
    if !budget::compare(&budget, &found).over.is_empty() {
        println!(
            "Something is over budget. As keys and answers' order are random, it is measured once more."
        );
        let again = measure::budgeted(functions, stub).await?;
        budget::keep_lower(&mut found, budget::figures(&again)?);
    }
    if suggest {
        println!("{}", budget::suggestion(&found)?);
    }
    let Comparison { over, below } = budget::compare(&budget, &found);
    if !below.is_empty() {
        println!("Below budget, which can be lowered:\n  {}", below.join("\n  "));
    }
    if !over.is_empty() {
        bail!("over budget:\n  {}\n{}", over.join("\n  "), budget::HOW_TO_RAISE);
    }
    println!("Within the budget: instructions, memory, binaries and ratios of times.");
    Ok(())
}
