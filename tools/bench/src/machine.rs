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
            processor: model
                .map_or_else(|| output_of(&["uname", "-m"]), |(_, model)| model.to_owned()),
            processors: available_parallelism().map_or(1, usize::from),
            kernel: output_of(&["uname", "-sr"]),
            rustc: output_of(&["rustc", "--version"]),
        }
    }
}

fn output_of(command: &[&str]) -> String {
    let output = Command::new(command[0]).args(&command[1..]).current_dir(root()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".to_owned())
}
