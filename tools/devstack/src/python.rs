//! The project's own Python environments, built from files that pin versions and hashes.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::Progress;
use crate::workspace::{root, tools_dir};

/// Packages, with all their dependencies, that are installed into one environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locked {
    /// The environment's folder below `.tools/`.
    pub(crate) folder: &'static str,
    /// The requirements file that pins them, relative to the repository's top folder.
    pub(crate) file: &'static str,
    /// The file's text at compile time.
    pub(crate) text: &'static str,
    /// The progress text during installation.
    pub(crate) doing: &'static str,
}

impl Locked {
    /// Installs the packages unless the same versions are installed, and returns the folder of
    /// their commands.
    pub(crate) async fn install(self, progress: Progress) -> Result<PathBuf> {
        let venv = tools_dir().join(self.folder);
        let (bin, stamp) = (venv.join("bin"), venv.join("installed-requirements.txt"));
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == self.text) {
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
        pip.args(["--no-deps", "--require-hashes", "--requirement"]).arg(root().join(self.file));
        progress.command(self.doing, &mut pip).await?;
        fs::write(stamp, self.text)?;
        Ok(bin)
    }
}

/// What a Python function needs: Lambda's runtime client and the AWS SDK.
const LAMBDA: Locked = Locked {
    folder: "lambda-python",
    file: "tools/devstack/tools/lambda-python.txt",
    text: include_str!("../tools/lambda-python.txt"),
    doing: "Installing Lambda's Python into .tools (half a minute, once)",
};

/// Installs what a Python function needs unless it is installed, and returns the interpreter.
pub async fn lambda_python(progress: Progress) -> Result<PathBuf> {
    Ok(LAMBDA.install(progress).await?.join("python"))
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
