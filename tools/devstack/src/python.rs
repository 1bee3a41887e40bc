//! Python environments of the project's own, made of what a file locks by version and hash.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::Progress;
use crate::workspace::{root, tools_dir};

/// Packages, each with all that it needs, that live in one environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locked {
    /// The environment's folder below `.tools/`.
    pub(crate) folder: &'static str,
    /// The file that locks them, from the repository's top.
    pub(crate) file: &'static str,
    /// The file's text, as it was when this was compiled.
    pub(crate) text: &'static str,
    /// What the user reads while they are installed.
    pub(crate) doing: &'static str,
}

impl Locked {
    /// Installs the packages unless the very same are installed, and gives the folder of their
    /// commands.
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

/// Python as Lambda runs it: its runtime client and the AWS SDK.
const LAMBDA: Locked = Locked {
    folder: "lambda-python",
    file: "tools/devstack/tools/lambda-python.txt",
    text: include_str!("../tools/lambda-python.txt"),
    doing: "Installing Lambda's Python into .tools (half a minute, once)",
};

/// Installs what a function in Python needs unless it is installed, and gives the interpreter that
/// finds it.
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
