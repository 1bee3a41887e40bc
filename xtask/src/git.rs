//! What git says of the working tree.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use local::root;

/// The commit that the working tree is at, and whether it has changes that are in none. The docs, where results are kept,
/// are not counted.
pub(crate) fn commit() -> Result<String> {
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--", ".", ":!docs"])?;
    Ok(if changed.is_empty() { commit } else { format!("{commit} with changes") })
}

/// When that commit was made, in seconds since 1970.
pub(crate) fn committed_at() -> Result<String> {
    git(&["log", "-1", "--format=%ct"])
}

fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").args(arguments).current_dir(root()).output().context("git cannot be run")?;
    ensure!(output.status.success(), "git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
