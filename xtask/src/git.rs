//! The state of the git working tree.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use devstack::{Progress, root};

/// Fails unless this clone has the full history.
pub(crate) fn ensure_full_history() -> Result<()> {
    let shallow = git(&["rev-parse", "--is-shallow-repository"])?;
    ensure!(shallow == "false", "this clone is shallow; run `git fetch --unshallow` first");
    Ok(())
}

/// The last commit's time, in seconds since 1970.
pub(crate) fn committed_at() -> Result<String> {
    git(&["log", "-1", "--format=%ct"])
}

/// Checks the last commit out into a new folder.
pub(crate) async fn copy_of_the_last_commit(folder: &Path) -> Result<()> {
    let mut clone = tokio::process::Command::new("git");
    clone.args(["clone", "--quiet"]).arg(root()).arg(folder);
    Progress.command("Copying the last commit", &mut clone).await
}

/// The repository's files, one a line: those that are committed, and new ones that git does not
/// ignore.
pub(crate) fn files() -> Result<String> {
    git(&["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"])
}

/// The files below a folder of the repository with changes that are in no commit, one a line. A
/// deleted file is none: the commit has it.
pub(crate) fn changes(folder: &Path) -> Result<String> {
    let status = output(&["status", "--porcelain", "--", &folder.display().to_string()])?;
    let is_deletion = |line: &str| line.starts_with(" D") || line.starts_with("D ");
    Ok(status.lines().filter(|line| !is_deletion(line)).collect::<Vec<_>>().join("\n"))
}

/// The text of a file in the last commit.
pub(crate) fn committed(file: &str) -> Result<String> {
    output(&["show", &format!("HEAD:{file}")])
}

fn git(arguments: &[&str]) -> Result<String> {
    Ok(output(arguments)?.trim().to_owned())
}

fn output(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root())
        .output()
        .context("git cannot be run")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "git {}: {errors}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
