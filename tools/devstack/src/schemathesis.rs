//! Schemathesis, which generates valid and invalid requests from an OpenAPI document and compares
//! every response with the document.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tokio::process::Command;

use crate::Progress;
use crate::python::PythonPackages;
use crate::workspace::root;

/// An installed Schemathesis.
#[derive(Clone, Debug)]
pub struct Schemathesis {
    bin: PathBuf,
}

impl Schemathesis {
    /// Installs Schemathesis unless the same version is installed.
    pub async fn install(progress: Progress) -> Result<Self> {
        Ok(Self { bin: PythonPackages::SCHEMATHESIS.install(progress).await? })
    }

    /// Checks that a document is valid OpenAPI.
    pub async fn validate(&self, document: &str, progress: Progress) -> Result<()> {
        let mut validator = Command::new(self.bin.join("openapi-spec-validator"));
        progress
            .command(&format!("Validating {document}"), validator.arg(root().join(document)))
            .await
    }

    /// The command that fuzzes the API at `url`, whose document is at `/openapi.json`: up to
    /// `examples` requests of one operation, or scenarios of several, drawn from a seed. It writes
    /// its result to `report`, as JSON.
    #[must_use]
    pub fn command(&self, url: &str, examples: u64, seed: u64, report: &Path) -> Command {
        let tools = root().join("tools/devstack/tools");
        let mut command = Command::new(self.bin.join("schemathesis"));
        command
            .arg("--config-file")
            .arg(tools.join("schemathesis.toml"))
            .args(["run", "--no-color"]);
        command.arg(format!("{url}/openapi.json"));
        command.args(["--max-examples", &examples.to_string(), "--seed", &seed.to_string()]);
        command.args(["--report", "json", "--report-json-path"]).arg(report);
        command.env("SCHEMATHESIS_HOOKS", tools.join("schemathesis.py"));
        command
    }
}
