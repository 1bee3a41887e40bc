//! The pinned tools (SAM CLI, cargo-lambda, the emulator) in a Python environment of the project.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use tokio::process::Command;

use crate::Progress;
use crate::python::PythonPackages;
use crate::workspace::{root, target_dir};

/// The installed tools.
#[derive(Clone, Debug)]
pub struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// Installs the tools unless the same versions are installed.
    pub async fn install(progress: Progress) -> Result<Self> {
        Ok(Self { bin: PythonPackages::TOOLS.install(progress).await? })
    }

    /// A command of one of the tools, with the other tools first on its path.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        self.prepared(Command::new(self.bin.join(name)))
    }

    /// `cargo`, with cargo-lambda on its path.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut command = self.prepared(Command::new("cargo"));
        command.current_dir(root());
        command
    }

    /// Prepares a command as if typed into a shell with the tools on its path. It removes the
    /// package variables that `cargo run` sets for this process: they make `ring` recompile, with
    /// all its dependents. `CARGO_TARGET_DIR` becomes absolute, as `sam build` builds in the
    /// functions' folders.
    fn prepared(&self, mut command: Command) -> Command {
        command.env("PATH", self.path());
        if env::var_os("CARGO_TARGET_DIR").is_some() {
            command.env("CARGO_TARGET_DIR", target_dir());
        }
        let is_from_cargo = |name: &str| {
            name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        };
        for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
            command.env_remove(name);
        }
        command
    }

    fn path(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.bin.clone()).chain(env::split_paths(&rest));
        env::join_paths(folders).unwrap_or(rest)
    }
}
