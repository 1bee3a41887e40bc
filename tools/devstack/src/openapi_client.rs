//! A Python client, generated from the API's document as an API user would.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tokio::process::Command;

use crate::Progress;
use crate::python::PythonPackages;
use crate::workspace::root;

/// The installed generator, with what generated clients import.
#[derive(Clone, Debug)]
pub struct OpenApiClient {
    bin: PathBuf,
}

impl OpenApiClient {
    /// Installs the generator unless the same version is installed.
    pub async fn install(progress: Progress) -> Result<Self> {
        Ok(Self { bin: PythonPackages::OPENAPI_CLIENT.install(progress).await? })
    }

    /// Generates the package `client` in the folder from the document at `url`. A warning is an
    /// error: the generator skipped a part of the API.
    pub async fn generate(&self, url: &str, folder: &Path, progress: Progress) -> Result<()> {
        let mut generator = Command::new(self.bin.join("openapi-python-client"));
        generator.args(["generate", "--fail-on-warning", "--meta", "none", "--url", url]);
        generator.arg("--config").arg(root().join("tools/devstack/tools/openapi-client.yml"));
        generator.arg("--output-path").arg(folder.join("client"));
        progress.command("Generating a client from the API's document", &mut generator).await
    }

    /// Places an order at `url` with the client in the folder and reads it back. Returns the
    /// responses, one JSON object a line.
    pub async fn place(
        &self,
        url: &str,
        folder: &Path,
        order: [&str; 2],
        progress: Progress,
    ) -> Result<String> {
        let mut python = Command::new(self.bin.join("python"));
        python.arg(root().join("tools/devstack/tools/openapi-client.py")).arg(url).args(order);
        python.current_dir(folder).env("PYTHONPATH", folder);
        progress.command_output("Placing an order with the generated client", &mut python).await
    }
}
