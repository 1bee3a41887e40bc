//! `cargo xtask test`: runs the suites that a change needs, or all of them.

pub(crate) mod api_fuzz;
mod backends;
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
    /// Run every suite, not only those that a change needs (three quarters of an hour).
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
    let (mut prepared, mut skipped) = (vec![], vec![]);
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
        eprintln!("── {}: green in {:.0} s", suite.name, start.elapsed().as_secs_f64());
    }
    let seconds = start.elapsed().as_secs_f64();
    match &skipped[..] {
        [] => eprintln!("All green in {seconds:.0} s."),
        skipped => eprintln!("Green in {seconds:.0} s, but skipped: {}", skipped.join(", ")),
    }
    Ok(())
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
