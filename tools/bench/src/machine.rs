//! The machine that the figures were measured on.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use devstack::root;
use serde::{Deserialize, Serialize};

/// A machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) processors: usize,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model =
            cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            processor: model.map_or_else(|| said(&["uname", "-m"]), |(_, model)| model.to_owned()),
            processors: available_parallelism().map_or(1, usize::from),
            kernel: said(&["uname", "-sr"]),
            rustc: said(&["rustc", "--version"]),
        }
    }
}

/// The commit of the working tree, and whether there are uncommitted changes, other than in the
/// written results.
pub(crate) fn commit() -> String {
    let commit = said(&["git", "rev-parse", "--short=12", "HEAD"]);
    let changed = said(&["git", "status", "--porcelain", "--", ".", ":!docs"]);
    if changed.is_empty() { commit } else { format!("{commit} with changes") }
}

fn said(command: &[&str]) -> String {
    let output = Command::new(command[0]).args(&command[1..]).current_dir(root()).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|_| "unknown".to_owned())
}
