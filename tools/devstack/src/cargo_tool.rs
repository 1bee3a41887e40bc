//! Tools that are had as Rust packages alone: compiled here, each into a folder of its own below
//! `.tools/`.

use std::path::PathBuf;

use anyhow::Result;
use tokio::process::Command;

use crate::Progress;
use crate::workspace::tools_dir;

/// A command of cargo's, by its package and version. What it is compiled from is locked by the
/// package.
#[derive(Clone, Copy, Debug)]
pub struct CargoTool {
    /// The package, which its program is named after.
    pub name: &'static str,
    version: &'static str,
    /// How long it takes on two cores, as the user reads it.
    takes: &'static str,
}

impl CargoTool {
    /// Lists what is in a program (SBOM).
    pub const CYCLONEDX: Self =
        Self { name: "cargo-cyclonedx", version: "0.5.9", takes: "a minute" };
    /// Looks for dependencies that nothing uses.
    pub const MACHETE: Self =
        Self { name: "cargo-machete", version: "0.9.2", takes: "half a minute" };
    /// Breaks code on purpose.
    pub const MUTANTS: Self = Self { name: "cargo-mutants", version: "27.1.0", takes: "a minute" };
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CYCLONEDX, Self::MACHETE, Self::MUTANTS];

    /// Installs it unless this version is installed, and gives its program.
    pub async fn install(self, progress: Progress) -> Result<PathBuf> {
        let Self { name, version, takes } = self;
        let folder = tools_dir().join(format!("{name}-{version}"));
        let program = folder.join("bin").join(name);
        if program.exists() {
            return Ok(program);
        }
        let mut cargo = Command::new("cargo");
        cargo
            .args(["install", "--locked", "--debug", "--version", version, name, "--root"])
            .arg(&folder);
        // Compiled in a third of the time of a release, and none of them has much to compute.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
        progress
            .command(&format!("Installing {name} into .tools ({takes}, once)"), &mut cargo)
            .await?;
        Ok(program)
    }
}
