//! `cargo xtask verify all`: every verification on this machine, on one clean commit.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use devstack::{ProcessGroup, REPORTS, Tools, libfaketime, root};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::steps::{Kept, STEPS, Step};
use super::{Of, keep, kept, page};
use crate::git;

/// What was done on one commit. It is written after each step, so that the next run resumes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct All {
    done: Vec<Done>,
    /// The commands that failed on this commit, before they passed or since.
    failed: Vec<String>,
}

/// A verification that passed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Done {
    command: String,
    amount: String,
    result: String,
    seconds: u64,
    /// The digest of the result file. A later run of the same part alone changes it.
    sha256: String,
}

const FILE: &str = "all.json";

/// What [`run`] kept, if anything.
pub(super) fn last() -> Result<Option<Of<All>>> {
    kept(FILE)
}

/// Options of `cargo xtask verify all`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// Run nothing. Check that every part has passed on one commit, that the reports are of those
    /// runs, and that the commit is in the history, and say how old it is.
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(options: Options) -> Result<()> {
    if options.check { check() } else { run_what_is_left().await }
}

fn check() -> Result<()> {
    git::ensure_full_history()?;
    let Of { commit, result } = last()?.with_context(|| {
        format!("{REPORTS}/reliability/{FILE} is missing: `cargo xtask verify all` writes it")
    })?;
    let left: Vec<_> = STEPS.iter().filter(|step| !result.has(step)).collect();
    if let [first, ..] = left[..] {
        let all = STEPS.len();
        bail!("{} of {all} parts are to do, the first `cargo xtask {}`", left.len(), first.command);
    }
    for step in &STEPS {
        result.is_unchanged(step, &commit)?;
    }
    let since = devstack::changes_since(&commit)
        .with_context(|| format!("{commit} is not in the history of this commit"))?;
    print!("{}", table(&commit, &result));
    if since > 0 {
        println!("\nSince then {since} commits have changed more than reports and prose.");
    }
    Ok(())
}

/// Runs what was not yet done on this commit, and checks that all results are for it.
async fn run_what_is_left() -> Result<()> {
    let commit = clean_commit()?;
    git::ensure_full_history()?;
    ensure_installed().await?;
    let mut all = last()?.filter(|of| of.commit == commit).map(|of| of.result).unwrap_or_default();
    all.forget_what_ran_again(&commit);
    let todo: Vec<_> = STEPS.iter().filter(|step| !all.has(step)).collect();
    show_plan(&commit, &todo);
    for (number, step) in todo.iter().enumerate() {
        eprintln!("── {} of {}: cargo xtask {}", number + 1, todo.len(), step.command);
        let error = match run_step(step, &commit).await {
            Ok(done) => {
                all.done.push(done);
                None
            }
            Err(error) => {
                all.failed.push(step.command.to_owned());
                Some(error)
            }
        };
        keep(FILE, &commit, &all)?;
        page::write()?;
        if let Some(error) = error {
            let command = step.command;
            return Err(error.context(format!(
                "`cargo xtask {command}` failed. What passed before is kept: once the cause is \
                 gone, `cargo xtask verify all` goes on, on the same commit"
            )));
        }
    }
    for step in &STEPS {
        all.is_unchanged(step, &commit)?;
    }
    print!("{}", table(&commit, &all));
    eprintln!("The results are in {REPORTS}: commit them.");
    Ok(())
}

/// The commit of the code, of which the working tree may have no changes.
fn clean_commit() -> Result<String> {
    let changed = devstack::uncommitted()?;
    ensure!(changed.is_empty(), "there are uncommitted changes:\n{changed}");
    devstack::source_commit()
}

/// Fails now rather than in two hours if something that must be installed by hand is missing.
async fn ensure_installed() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the functions are Linux programs: use a Linux machine");
    let valgrind = Command::new("valgrind").arg("--version").output().await;
    let has_tools = valgrind.is_ok() && libfaketime().is_some();
    ensure!(has_tools, "valgrind or libfaketime is missing: apt install valgrind libfaketime");
    for processor in super::reproducible::Processor::ALL {
        processor.ensure_target().await?;
    }
    Tools::install(devstack::Progress).await.map(drop)
}

fn show_plan(commit: &str, todo: &[&Step]) {
    let minutes: u32 = todo.iter().map(|step| step.minutes).sum();
    let all = STEPS.len();
    eprintln!("── Everything at {commit}: {} of {all} to do, about {minutes} minutes", todo.len());
    for step in todo {
        eprintln!("   cargo xtask {} ({} min)", step.command, step.minutes);
    }
    eprintln!("   Change nothing here until it ends. Ctrl-C stops it; the same command goes on.");
}

/// Runs a step in a process of its own.
async fn run_step(step: &Step, commit: &str) -> Result<Done> {
    let start = Instant::now();
    let mut xtask = Command::new(std::env::current_exe()?);
    xtask.args(step.command.split(' ')).current_dir(root());
    ProcessGroup::run(step.command, &mut xtask).await?;
    let seconds = start.elapsed().as_secs();
    let now = clean_commit().context("something changed while it ran; undo that")?;
    ensure!(now == commit, "the commit changed from {commit} to {now} while it ran");
    let Kept { amount, sha256, .. } = step.kept_for(commit)?;
    let result = step.result.to_owned();
    Ok(Done { command: step.command.to_owned(), amount, result, seconds, sha256 })
}

impl All {
    /// How many steps have passed, of how many.
    pub(super) fn progress(&self) -> (usize, usize) {
        (STEPS.iter().filter(|step| self.has(step)).count(), STEPS.len())
    }

    fn has(&self, step: &Step) -> bool {
        self.done.iter().any(|done| done.command == step.command)
    }

    /// Forgets parts whose result is no longer that of their run, so that they run again.
    fn forget_what_ran_again(&mut self, commit: &str) {
        let is_stale = |step: &&Step| self.has(step) && self.is_unchanged(step, commit).is_err();
        let stale: Vec<_> = STEPS.iter().filter(is_stale).map(|step| step.command).collect();
        self.done.retain(|done| !stale.contains(&&*done.command));
    }

    /// Fails unless the result file of a step is the one that its run left.
    fn is_unchanged(&self, step: &Step, commit: &str) -> Result<()> {
        let kept = step.kept_for(commit)?;
        let done = self.done.iter().find(|done| done.command == step.command);
        ensure!(
            done.is_some_and(|done| done.sha256 == kept.sha256),
            "`cargo xtask {}` has run again since: run `cargo xtask verify all` again",
            step.command
        );
        Ok(())
    }
}

/// The result as a Markdown table, and what failed.
pub(super) fn table(commit: &str, all: &All) -> String {
    let head =
        "| Command | How many | Result | Time | Commit |\n|---|---|---|--:|---|\n".to_owned();
    let rows = all.done.iter().map(|Done { command, amount, result, seconds, .. }| {
        let time = format!("{} min {} s", seconds / 60, seconds % 60);
        format!("| `cargo xtask {command}` | {amount} | {result} | {time} | {commit} |\n")
    });
    let failed = all.failed.iter().map(|command| {
        format!("\nAn earlier run of `cargo xtask {command}` on this commit failed.\n")
    });
    std::iter::once(head).chain(rows).chain(failed).collect()
}
