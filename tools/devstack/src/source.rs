//! Which source a result is for.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::root;

/// Where results are kept. They say which commit they are for, and are committed after it.
pub const REPORTS: &str = "docs/reports";

/// Prose, which no result depends on. A crate's README is code: its examples are tests.
const PROSE: [&str; 2] = [":(exclude,glob)*.md", ":!docs/*.md"];

/// The last commit of the history that changed anything but reports and prose: 12 hexadecimal
/// digits.
pub fn source_commit() -> Result<String> {
    let last = ["log", "-1", "--abbrev=12", "--format=%h", "--", ".", &but_reports()];
    git(&[&last[..], &PROSE].concat())
}

/// How many commits after one changed more than reports and prose. Fails if it is not in the history
/// of the last commit.
pub fn changes_since(commit: &str) -> Result<usize> {
    git(&["merge-base", "--is-ancestor", commit, "HEAD"])?;
    let (range, but_reports) = (format!("{commit}..HEAD"), but_reports());
    let count = ["rev-list", "--count", &range, "--", ".", &but_reports];
    Ok(git(&[&count[..], &PROSE].concat())?.parse()?)
}

/// Changes of the working tree that are in no commit, other than of the reports: one a line, as
/// `git status --porcelain` writes them.
pub fn uncommitted() -> Result<String> {
    let all = ["-c", "status.showUntrackedFiles=all", "status", "--porcelain"];
    git(&[&all[..], &["--", ".", &but_reports()]].concat())
}

/// [`source_commit`], and whether there are [`uncommitted`] changes.
pub fn source() -> Result<String> {
    let commit = source_commit()?;
    Ok(if uncommitted()?.is_empty() { commit } else { format!("{commit} with changes") })
}

fn but_reports() -> String {
    format!(":!{REPORTS}")
}

fn git(arguments: &[&str]) -> Result<String> {
    let git = Command::new("git").args(arguments).current_dir(root()).output();
    let output = git.context("git cannot be run")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "git {}: {errors}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
