//! `cargo xtask verify all`: every verification on this machine, on one clean commit.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use devstack::{ProcessGroup, root};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::process::Command;

use super::{Of, keep, kept, page};
use crate::git;

/// What was done on one commit. It is written after each step, so that the next run resumes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct All {
    pub(super) done: Vec<Done>,
}

/// A finished verification, which held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) command: String,
    pub(super) how_many: String,
    pub(super) seconds: u64,
}

/// A verification: the arguments of `cargo xtask`, the file with its result, what that file counts,
/// and how long it takes on two cores.
struct Step {
    command: &'static str,
    file: &'static str,
    counts: Counts,
    minutes: u32,
}

/// Where a result says how much was done.
enum Counts {
    /// In a row with this label.
    Row(&'static str),
    /// By the length of this list, in these units.
    Length(&'static str, &'static str),
    /// In this member, in these units.
    Number(&'static str, &'static str),
}

use Counts::{Length, Number, Row};

/// The quickest first.
const STEPS: [Step; 10] = [
    step("verify faults", "reliability/faults.json", Length("/cuts", "cuts"), 6),
    step("verify fifo", "reliability/fifo.json", Row("Their effects, of all subscribers"), 5),
    step(
        "verify coupons",
        "reliability/coupons.json",
        Row("Pairs of orders, each with a coupon that was earned"),
        8,
    ),
    step("bench", "benchmarks/run.json", Length("/benchmarks", "benchmarks"), 15),
    step(
        "verify reproducible",
        "reliability/reproducible-arm64.json",
        Length("/functions", "functions"),
        10,
    ),
    step(
        "verify reproducible --processor x86_64",
        "reliability/reproducible-x86_64.json",
        Length("/functions", "functions"),
        10,
    ),
    step("verify soak", "reliability/soak.json", Row("Orders that customers tried to place"), 20),
    step("verify api-fuzz", "reliability/api-fuzz.json", Row("Requests that arrived"), 50),
    step(
        "verify mutants --patches",
        "reliability/mutations.json",
        Length("/patches", "patches"),
        60,
    ),
    step("verify mutants --generated", "reliability/mutants.json", Number("/all", "mutants"), 30),
];

const fn step(command: &'static str, file: &'static str, counts: Counts, minutes: u32) -> Step {
    Step { command, file, counts, minutes }
}

const REPORTS: &str = "docs/reports";
const FILE: &str = "all.json";

/// What [`run`] kept, if anything.
pub(super) fn last() -> Result<Option<Of<All>>> {
    kept(FILE)
}

/// Options of `cargo xtask verify all`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// Run nothing; check that all results are for one commit, and that it is in the history.
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(options: Options) -> Result<()> {
    if options.check { check() } else { run_what_is_left().await }
}

fn check() -> Result<()> {
    let Of { commit, result } = last()?.context("`cargo xtask verify all` has never ended here")?;
    ensure!(result.done.len() == STEPS.len(), "`cargo xtask verify all` has not ended");
    STEPS.iter().try_for_each(|step| step.how_many(&commit).map(drop))?;
    ensure!(git::is_in_history(&commit)?, "{commit} is not in the history of this commit");
    print!("{}", table(&commit, &result));
    Ok(())
}

/// Runs what was not yet done on this commit, and checks that all results are for it.
async fn run_what_is_left() -> Result<()> {
    let commit = git::clean_commit(REPORTS)?;
    let mut all = last()?.filter(|of| of.commit == commit).map(|of| of.result).unwrap_or_default();
    let is_done = |all: &All, step: &Step| all.done.iter().any(|done| done.command == step.command);
    let todo: Vec<_> = STEPS.iter().filter(|step| !is_done(&all, step)).collect();
    let minutes: u32 = todo.iter().map(|step| step.minutes).sum();
    eprintln!(
        "── Everything at {commit}: {} of {} to do, about {minutes} minutes",
        todo.len(),
        STEPS.len()
    );
    for step in &todo {
        eprintln!("   cargo xtask {} ({} min)", step.command, step.minutes);
    }
    for (number, step) in todo.iter().enumerate() {
        eprintln!("── {} of {}: cargo xtask {}", number + 1, todo.len(), step.command);
        let start = Instant::now();
        let mut xtask = Command::new(std::env::current_exe()?);
        xtask.args(step.command.split(' ')).current_dir(root());
        ProcessGroup::run(step.command, &mut xtask).await.context(
            "what was done before is kept: once the cause is gone, run `cargo xtask verify all` again",
        )?;
        ensure!(git::clean_commit(REPORTS)? == commit, "the commit has changed in the meantime");
        let how_many = step.how_many(&commit)?;
        let seconds = start.elapsed().as_secs();
        all.done.push(Done { command: step.command.to_owned(), how_many, seconds });
        keep(FILE, &commit, &all)?;
    }
    for step in &STEPS {
        step.how_many(&commit)?;
    }
    page::write()?;
    print!("{}", table(&commit, &all));
    Ok(())
}

impl Step {
    /// How much was done, by the result. Fails if that is for another commit.
    fn how_many(&self, commit: &str) -> Result<String> {
        let file = root().join(REPORTS).join(self.file);
        let text =
            fs::read_to_string(&file).with_context(|| format!("{} is missing", self.file))?;
        let result: Value = serde_json::from_str(&text)?;
        if result["commit"] != commit {
            bail!("{} is for {}, not for {commit}", self.file, result["commit"]);
        }
        let how_many = match self.counts {
            Row(label) => {
                let rows = result["rows"].as_array().into_iter().flatten();
                let row = rows.into_iter().find(|row| row[0] == label);
                row.and_then(|row| row[1].as_str()).map(|count| format!("{count} ({label})"))
            }
            Length(list, unit) => match result.pointer(list) {
                Some(Value::Array(items)) => Some(format!("{} {unit}", items.len())),
                Some(Value::Object(members)) => Some(format!("{} {unit}", members.len())),
                _ => None,
            },
            Number(member, unit) => result.pointer(member).map(|count| format!("{count} {unit}")),
        };
        how_many.with_context(|| format!("{} does not say how much was done", self.file))
    }
}

/// The result as a Markdown table.
pub(super) fn table(commit: &str, all: &All) -> String {
    let head =
        "| Command | How many | Result | Time | Commit |\n|---|---|---|--:|---|\n".to_owned();
    let rows = all.done.iter().map(|Done { command, how_many, seconds }| {
        let time = format!("{} min {} s", seconds / 60, seconds % 60);
        format!("| `cargo xtask {command}` | {how_many} | held | {time} | {commit} |\n")
    });
    std::iter::once(head).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_step_has_a_command_and_a_file_of_its_own() {
        let commands: BTreeSet<_> = STEPS.iter().map(|step| step.command).collect();
        let files: BTreeSet<_> = STEPS.iter().map(|step| step.file).collect();
        assert_eq!((commands.len(), files.len()), (STEPS.len(), STEPS.len()));
    }

    #[test]
    fn every_kept_result_says_how_much_was_done() {
        for step in &STEPS {
            let file = root().join(REPORTS).join(step.file);
            let Ok(text) = fs::read_to_string(file) else { continue };
            let commit = serde_json::from_str::<Value>(&text).unwrap()["commit"].clone();
            let how_many = step.how_many(commit.as_str().unwrap()).unwrap();
            assert!(how_many.starts_with(|first: char| first.is_ascii_digit()), "{how_many}");
            let error = step.how_many("another").unwrap_err().to_string();
            assert!(error.contains("not for another"), "{error}");
        }
    }
}
