//! `cargo xtask verify`: verification that takes too long for every change. Each part keeps its
//! result in docs/reports/reliability/ and rewrites docs/reports/reliability.md from all of them,
//! except `aws`, which has a report of its own.

mod all;
mod api_fuzz;
mod aws;
mod coupons;
mod faults;
mod fifo;
mod mutants;
mod page;
mod reproducible;
mod soak;
mod steps;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use devstack::{Progress, Tools, root};
use serde::{Serialize, de::DeserializeOwned};

use crate::test::stack;

/// A verification.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = steps::times())]
pub(crate) enum Part {
    /// Run every verification on this machine on the last commit, and check that all results are for
    /// it (about three hours).
    ///
    /// Refuses uncommitted changes. Skips what was already done on the same commit. Ends with a
    /// table of everything.
    All(all::Options),
    #[command(flatten)]
    Local(LocalPart),
    /// Deploy a stack to your AWS account, see what holds there, and remove it again (an hour and a
    /// half, less than a dollar).
    ///
    /// Needs credentials and a region in the environment. Writes docs/reports/aws.md. With
    /// `--emulator` it uses the local emulator instead (4 minutes).
    Aws(aws::Options),
}

/// A verification on this machine.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LocalPart {
    /// Run the fault and outage tests, and keep what held under each fault.
    Faults,
    /// Place orders under random faults, and compare the stack with the customers' responses.
    Soak(soak::Options),
    /// Check the order of effects on a stack with `Fifo=true`, under single and random faults.
    Fifo,
    /// Race pairs of orders for one coupon each, and check that one of each pair gets it.
    Coupons(coupons::Options),
    /// Fuzz the API with requests generated from its document, and compare every response with the
    /// document.
    ApiFuzz(crate::test::api_fuzz::Options),
    /// Mutate the code, and check that a test catches each mutation.
    Mutants(mutants::Options),
    /// Build the functions twice from scratch, and check that both builds have the same bytes.
    Reproducible(reproducible::Options),
}

pub(crate) async fn verify(part: Part) -> Result<ExitCode> {
    match part {
        Part::All(options) => devstack::or_cut_short(all::run(options)).await,
        // It has to clean up after Ctrl-C.
        Part::Aws(options) => aws::run(options).await,
        Part::Local(part) => devstack::or_cut_short(locally(part)).await,
    }
}

async fn locally(part: LocalPart) -> Result<()> {
    let commit = devstack::source()?;
    let tools = Tools::install(Progress).await?;
    let outcome = match part {
        LocalPart::Faults => faults::run(&tools, &commit).await,
        LocalPart::Soak(options) => soak::run(&tools, &options, &commit).await,
        LocalPart::Fifo => fifo::run(&tools, &commit).await,
        LocalPart::Coupons(options) => coupons::run(&tools, &options, &commit).await,
        LocalPart::ApiFuzz(options) => api_fuzz::run(&tools, &options, &commit).await,
        LocalPart::Mutants(options) => mutants::run(&tools, &options, &commit).await,
        LocalPart::Reproducible(options) => reproducible::run(&tools, &options).await,
    };
    // Results kept before a failure are reported as well.
    page::write()?;
    outcome
}

/// Counts with labels, as a test printed them.
#[derive(Debug, Serialize, serde::Deserialize)]
struct Counts {
    rows: Vec<(String, String)>,
}

/// Runs a test target that deploys stacks itself and writes counts, and keeps them.
async fn keep_counts(
    tools: &Tools,
    target: &str,
    options: &[String],
    file: &str,
    commit: &str,
) -> Result<()> {
    let rows = counted(tools, target, options).await?;
    keep(file, commit, &Counts { rows })
}

/// Runs such a test target, and returns its counts.
async fn counted(tools: &Tools, target: &str, options: &[String]) -> Result<Vec<(String, String)>> {
    let report = tempfile::NamedTempFile::new()?;
    let path = report.path().to_str().context("a path of text")?.to_owned();
    let arguments = [options, &["--report".to_owned(), path]].concat();
    let outcome = stack::on_own_stacks(tools, target, &arguments, &[]).await;
    let rows = fs::read_to_string(report.path())?;
    outcome?;
    serde_json::from_str(&rows).with_context(|| format!("{target} left no report"))
}

/// A result, and the commit that it is for.
#[derive(Debug, Serialize, serde::Deserialize)]
struct Of<T> {
    commit: String,
    #[serde(flatten)]
    result: T,
}

fn results() -> PathBuf {
    root().join(devstack::REPORTS).join("reliability")
}

fn keep<T: Serialize>(name: &str, commit: &str, result: &T) -> Result<()> {
    let folder = results();
    fs::create_dir_all(&folder)?;
    let result = serde_json::to_string_pretty(&Of { commit: commit.to_owned(), result })?;
    fs::write(folder.join(name), result + "\n").context("the result cannot be written")
}

/// Reads a kept result, or `None` if there is no such file yet.
fn kept<T: DeserializeOwned>(name: &str) -> Result<Option<Of<T>>> {
    let file = results().join(name);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(
            serde_json::from_str(&text)
                .with_context(|| format!("{} cannot be read", file.display()))?,
        )),
        Err(_) => Ok(None),
    }
}
