//! The pinned tools (SAM CLI, cargo-lambda, the emulator) in a Python environment of the project's own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::Progress;
use crate::workspace::{root, tools_dir};

/// The installed tools.
#[derive(Clone, Debug)]
pub struct Tools {
    bin: PathBuf,
}

/// Every tool and what it needs, by version and hash.
const REQUIREMENTS: &str = include_str!("../tools/requirements.txt");

impl Tools {
    /// Installs the tools unless the very same are installed.
    pub async fn install(progress: Progress) -> Result<Self> {
        let venv = tools_dir().join("venv");
        let stamp = venv.join("installed-requirements.txt");
        let tools = Self { bin: venv.join("bin") };
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
            return Ok(tools);
        }

        let python = python().await?;
        fs::create_dir_all(tools_dir())?;
        progress
            .command("Preparing .tools", Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv))
            .await
            .context("Python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv")?;
        let mut pip = tools.command("python");
        pip.args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
            "--requirement",
        ]);
        pip.arg(root().join("local/tools/requirements.txt"));
        progress.command("Installing the tools into .tools (about two minutes, once)", &mut pip).await?;
        fs::write(stamp, REQUIREMENTS)?;
        Ok(tools)
    }

    /// A command of one of the tools, which finds the other tools first on its path.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        self.prepared(Command::new(self.bin.join(name)))
    }

    /// `cargo`, which finds cargo-lambda.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut command = self.prepared(Command::new("cargo"));
        command.current_dir(root());
        command
    }

    /// As if it were typed into a shell with the tools on its path. What `cargo run` tells this process of its package
    /// must not reach another cargo: `ring` takes it for a change and is compiled again, with all that stands on it.
    fn prepared(&self, mut command: Command) -> Command {
        command.env("PATH", self.path());
        let told =
            |name: &str| name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in env::vars().filter(|(name, _)| told(name)) {
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

/// The first Python on the path that is new enough.
async fn python() -> Result<&'static str> {
    for name in ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"] {
        let mut check = Command::new(name);
        check.args(["-c", "import sys; sys.exit(not (3, 10) <= sys.version_info)"]);
        check.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        if check.status().await.is_ok_and(|status| status.success()) {
            return Ok(name);
        }
    }
    bail!("Python 3.10 or newer is needed for the SAM CLI and the emulator, and none is on the PATH")
}
