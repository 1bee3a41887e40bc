//! `cargo xtask doctor`: for each purpose, whether this machine has what it takes, and how to get
//! what is missing.

mod account;
mod needs;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use devstack::root;
use tokio::process::Command;
use tokio::time::timeout;

use needs::{Look, PURPOSES};
use verdict::verdict;

const PYTHON: &str = "import sys, venv, ensurepip; print('Python', sys.version.split()[0])";

/// A program that does not answer is as good as missing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Prints a verdict for each purpose. A failure if the first of them, to develop here, is not
/// possible.
pub(crate) async fn doctor() -> Result<ExitCode> {
    let mut possible = vec![];
    for purpose in &PURPOSES {
        let mut found = vec![];
        for need in purpose.needs {
            found.push((need, look(&need.look).await));
        }
        let verdict = verdict(purpose, &found);
        println!("{}\n", verdict.lines.join("\n"));
        possible.push(verdict.possible);
    }
    println!("✓ there   ✗ missing   – not there, and not in the way");
    Ok(if possible[0] { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is found, in a line.
async fn look(look: &Look) -> Option<String> {
    match look {
        Look::Says(command) => says(command).await,
        Look::Python => says(&[devstack::python().await.ok()?, "-c", PYTHON]).await,
        Look::Is(there) => there(),
    }
}

/// The first line of what a program prints, if it succeeds.
async fn says(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let said = [output.stdout, output.stderr].concat();
    let line = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned();
    output.status.success().then_some(line)
}
