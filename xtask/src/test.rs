//! `cargo xtask test`: runs the suites that a change needs, or all of them.

pub(crate) mod api_fuzz;
pub(crate) mod backends;
mod browser;
mod containers;
mod fifo;
mod iam;
mod needs;
mod new_subscriber;
mod parameters;
mod run_command;
pub(crate) mod stack;
mod suites;
mod supply_chain;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use devstack::{Progress, Tools};
use needs::Need;
use suites::{SUITES, Suite};

pub(crate) use browser::pictures;
pub(crate) use fifo::SOAK as FIFO_SOAK;

/// Options of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run every suite, not only those that a change needs (40 minutes).
    #[arg(long)]
    all: bool,
    /// Run only these suites.
    #[arg(long = "suite", value_name = "NAME", conflicts_with = "all", value_parser = Suite::parser())]
    suites: Vec<Suite>,
}

pub(crate) async fn test(Options { all, suites }: Options) -> Result<()> {
    let start = Instant::now();
    let tools = Tools::install(Progress).await?;
    let chosen: Vec<Suite> = match &suites[..] {
        [] => SUITES.into_iter().filter(|suite| all || suite.is_quick).collect(),
        suites => suites.to_vec(),
    };
    let (mut prepared, mut skipped, mut times) = (vec![], vec![], vec![]);
    for suite in chosen {
        if let Some(why) = missing(suite, &tools, &mut prepared).await? {
            ensure!(suites.is_empty(), "the suite {} cannot run: {why}", suite.name);
            needs::skip(suite.name, &why)?;
            skipped.push(suite.name);
            continue;
        }
        let start = Instant::now();
        eprintln!("── {}", suite.name);
        suite.run(&tools).await.with_context(|| format!("the suite {} failed", suite.name))?;
        let seconds = start.elapsed().as_secs_f64();
        eprintln!("── {}: green in {seconds:.0} s", suite.name);
        times.push((suite.name, seconds));
    }
    show_times(times);
    let seconds = start.elapsed().as_secs_f64();
    match &skipped[..] {
        [] => eprintln!("All green in {seconds:.0} s."),
        skipped => eprintln!("Green in {seconds:.0} s, but skipped: {}", skipped.join(", ")),
    }
    Ok(())
}

/// The slowest first.
fn show_times(mut times: Vec<(&str, f64)>) {
    if times.len() > 1 {
        times.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        for (suite, seconds) in times {
            eprintln!("{suite:>16} {seconds:>5.0} s");
        }
    }
}

/// Prepares what the suite needs, each thing once in a run, and returns what is missing.
async fn missing(suite: Suite, tools: &Tools, prepared: &mut Vec<Need>) -> Result<Option<String>> {
    for need in suite.needs {
        if prepared.contains(need) {
            continue;
        }
        if let Some(why) = need.prepare(tools).await? {
            return Ok(Some(why));
        }
        prepared.push(*need);
    }
    Ok(None)
}
