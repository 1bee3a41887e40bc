//! Measures the functions beside functions that do nothing, as Lambda runs them: `cargo xtask bench`.

mod answer;
mod callgrind;
mod events;
mod machine;
mod measure;
mod process;
mod profile;
mod result;
mod sandbox;
mod statistics;
mod stub;
mod subject;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use local::{FUNCTIONS, Progress, Tools};
use tokio::signal::unix::{SignalKind, signal};

use machine::Machine;
use measure::Extent;
use result::Run;
use stub::Stub;
use subject::Subject;

/// Measures what the functions cost, beside functions that do nothing.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Options {
    /// Only these functions, and the floors.
    #[arg(long, num_args = 1.., value_parser = FUNCTIONS)]
    only: Vec<String>,
    /// How many sandboxes each median is of.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// How many warm invocations each sandbox has.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    warm: u32,
    /// How long DynamoDB and SNS take to answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
}

/// One thread for the stub and the Runtime API, so that a function has the other processors to itself.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match unless_stopped(bench(Options::parse())).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What a shell shows for a command that Ctrl-C cut short.
const CUT_SHORT: u8 = 130;

/// Does the work, unless a signal to end comes first: then it is dropped, and with it every sandbox.
async fn unless_stopped(work: impl Future<Output = Result<()>>) -> Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = work => return done.map(|()| ExitCode::SUCCESS),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    eprintln!("Stopped.");
    Ok(CUT_SHORT.into())
}

async fn bench(options: Options) -> Result<()> {
    let tools = Tools::install(Progress).await?;
    let packages: Vec<_> = FUNCTIONS.into_iter().chain(["floors"]).collect();
    let binaries = local::build_packages(&tools, &packages, Progress).await?;
    let wanted = |subject: &Subject| {
        subject.function == "floor"
            || options.only.is_empty()
            || options.only.iter().any(|only| only == subject.function)
    };
    let subjects: Vec<_> = subject::rust(&binaries)?.into_iter().filter(wanted).collect();

    let stub = Stub::start(Duration::from_millis(options.delay_ms)).await?;
    let extent = Extent { sandboxes: options.samples.into(), warm_invocations: options.warm };
    let (measured, not_measured) = measure::all(&subjects, &stub, extent).await?;
    let run = Run {
        commit: machine::commit(),
        machine: Machine::this(),
        sandboxes: extent.sandboxes,
        warm_invocations: extent.warm_invocations,
        delay_ms: options.delay_ms,
        subjects: measured,
        not_measured,
    };
    println!("{}", table::text(&run));
    for reason in &run.not_measured {
        println!("Not measured. {reason}");
    }
    Ok(())
}
