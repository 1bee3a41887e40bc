//! A stranger's hammer: schemathesis, which makes requests up from what an API says of itself, good and bad ones, and
//! compares every answer with that.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tokio::process::Command;

use crate::Progress;
use crate::python::Locked;
use crate::workspace::root;

/// The installed hammer.
#[derive(Clone, Debug)]
pub struct Hammer {
    bin: PathBuf,
}

/// It lives apart from the tools: only who hammers needs it.
const HAMMER: Locked = Locked {
    folder: "hammer",
    file: "tools/devstack/tools/hammer.txt",
    text: include_str!("../tools/hammer.txt"),
    doing: "Installing the hammer into .tools (half a minute, once)",
};

impl Hammer {
    /// Installs it unless the very same is installed.
    pub async fn install(progress: Progress) -> Result<Self> {
        Ok(Self { bin: HAMMER.install(progress).await? })
    }

    /// Whether a document keeps the rules of its own specification.
    pub async fn validate(&self, document: &str, progress: Progress) -> Result<()> {
        let mut validator = Command::new(self.bin.join("openapi-spec-validator"));
        progress.command(&format!("Validating {document}"), validator.arg(root().join(document))).await
    }

    /// Hammers the API at `url`, which has its document at `/openapi.json`: up to so many requests of one operation, or
    /// scenarios of several, drawn from a seed. What came of it is left in `report`, as JSON.
    #[must_use]
    pub fn command(&self, url: &str, examples: u64, seed: u64, report: &Path) -> Command {
        let tools = root().join("tools/devstack/tools");
        let mut command = Command::new(self.bin.join("schemathesis"));
        command.arg("--config-file").arg(tools.join("hammer.toml")).args(["run", "--no-color"]);
        command.arg(format!("{url}/openapi.json"));
        command.args(["--max-examples", &examples.to_string(), "--seed", &seed.to_string()]);
        command.args(["--report", "json", "--report-json-path"]).arg(report);
        command.env("SCHEMATHESIS_HOOKS", tools.join("hammer.py"));
        command
    }
}
