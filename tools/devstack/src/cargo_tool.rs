//! Cargo subcommands that are available only as Rust packages. Each is compiled into its own folder
//! below `.tools/`.

use std::path::PathBuf;

use anyhow::Result;
use tokio::process::Command;

use crate::Progress;
use crate::workspace::tools_dir;

/// A cargo subcommand, by package and version. The package's own lock file pins its dependencies.
#[derive(Clone, Copy, Debug)]
pub struct CargoTool {
    /// The package, which is also the program's name.
    pub name: &'static str,
    version: &'static str,
    /// How long compiling takes on two cores, as text for the user.
    takes: &'static str,
}

impl CargoTool {
    /// Generates a software bill of materials (SBOM).
    pub const CYCLONEDX: Self =
        Self { name: "cargo-cyclonedx", version: "0.5.9", takes: "a minute" };
    /// Finds dependencies that nothing uses.
    pub const MACHETE: Self =
        Self { name: "cargo-machete", version: "0.9.2", takes: "half a minute" };
    /// Mutation testing.
    pub const MUTANTS: Self = Self { name: "cargo-mutants", version: "27.1.0", takes: "a minute" };
    /// All these subcommands.
    pub const ALL: [Self; 3] = [Self::CYCLONEDX, Self::MACHETE, Self::MUTANTS];

    /// Installs it unless this version is installed, and returns the path of its program.
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
        // A dev build takes a third of a release build's time, and none of these tools needs speed.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
        progress
            .command(&format!("Installing {name} into .tools ({takes}, once)"), &mut cargo)
            .await?;
        Ok(program)
    }
}
