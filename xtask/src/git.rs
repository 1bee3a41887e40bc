//! What git says of the working tree.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use devstack::{Progress, root};

/// The commit that the working tree is at, and whether it has changes that are in none. The docs,
/// where results are kept, are not counted.
pub(crate) fn commit() -> Result<String> {
    let commit = last_commit()?;
    let changed = git(&["status", "--porcelain", "--", ".", ":!docs"])?;
    Ok(if changed.is_empty() { commit } else { format!("{commit} with changes") })
}

/// The commit that the working tree is at.
pub(crate) fn last_commit() -> Result<String> {
    git(&["rev-parse", "--short=12", "HEAD"])
}

/// When that commit was made, in seconds since 1970.
pub(crate) fn committed_at() -> Result<String> {
    git(&["log", "-1", "--format=%ct"])
}

/// A checkout of that commit, in a folder that is not there yet.
pub(crate) async fn copy_of_the_last_commit(folder: &Path) -> Result<()> {
    let mut clone = tokio::process::Command::new("git");
    clone.args(["clone", "--quiet"]).arg(root()).arg(folder);
    Progress.command("Copying the last commit", &mut clone).await
}

fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root())
        .output()
        .context("git cannot be run")?;
    ensure!(
        output.status.success(),
        "git {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
