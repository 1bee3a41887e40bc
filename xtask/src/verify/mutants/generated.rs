//! cargo-mutants: generated mutations of `domain` and `sqs-batch`.

use std::fs;

use anyhow::{Context, Result, ensure};
use devstack::{CargoTool, ProcessGroup, Progress, root};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

/// The result of cargo-mutants. No mutant is excluded.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct Generated {
    pub(in super::super) all: usize,
    pub(in super::super) caught: usize,
    pub(in super::super) unviable: usize,
    pub(in super::super) timed_out: usize,
    pub(in super::super) missed: Vec<String>,
}

/// The part of its outcomes.json that is used here.
#[derive(Debug, Deserialize)]
struct Outcomes {
    total_mutants: usize,
    caught: usize,
    unviable: usize,
    timeout: usize,
}

pub(super) async fn find() -> Result<Generated> {
    let program = CargoTool::MUTANTS.install(Progress).await?;
    let output = root().join("target/mutants");
    let mut mutants = Command::new(program);
    mutants.args(["mutants", "--package", "domain", "--package", "sqs-batch"]);
    mutants.args(["--no-shuffle", "--colors", "never", "--output"]).arg(&output);
    mutants.current_dir(root());
    let results = output.join("mutants.out");
    let _ = fs::remove_dir_all(&results);
    // It fails when a mutant is missed; the page lists those.
    let ended = ProcessGroup::run("cargo-mutants", &mut mutants).await;
    let text =
        fs::read_to_string(results.join("outcomes.json")).context("cargo-mutants left no outcomes");
    let Outcomes { total_mutants: all, caught, unviable, timeout: timed_out } = match text {
        Ok(text) => serde_json::from_str(&text)?,
        Err(error) => return ended.and(Err(error)),
    };
    let missed: Vec<_> =
        fs::read_to_string(results.join("missed.txt"))?.lines().map(str::to_owned).collect();
    // If the tests fail on unchanged code, it tries no mutant.
    let tested = caught + unviable + timed_out + missed.len();
    ensure!(all > 0 && tested == all, "cargo-mutants tested {tested} of {all} mutants: {ended:?}");
    Ok(Generated { all, caught, unviable, timed_out, missed })
}
