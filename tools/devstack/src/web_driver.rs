//! Browser testing: chromedriver, which starts Chromium, and axe-core, which finds accessibility
//! problems.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Result;
use tokio::process::Command;

use crate::Progress;
use crate::ports::free_port;
use crate::python::PythonPackages;
use crate::server::{Server, folder};

/// A running chromedriver. It stops, with its browsers, when this is dropped.
#[derive(Debug)]
pub struct WebDriver {
    _server: Server,
    url: String,
    axe: PathBuf,
}

impl WebDriver {
    /// Whether chromedriver is installed on this machine.
    pub async fn is_installed() -> bool {
        let mut version = Command::new("chromedriver");
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().await.is_ok_and(|status| status.success())
    }

    /// Installs axe-core unless it is installed, starts chromedriver on loopback and waits until it
    /// responds.
    pub async fn start(progress: Progress) -> Result<Self> {
        let axe = axe(progress).await?;
        let (port, folder) = (free_port()?, folder()?);
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        // Browser profiles and caches go into a folder that is deleted.
        for variable in ["TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(variable, folder.path());
        }
        let url = format!("http://localhost:{port}");
        let server =
            Server::start("chromedriver", command, folder, format!("{url}/status"), progress)
                .await?;
        Ok(Self { _server: server, url, axe })
    }

    /// chromedriver's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The path of axe-core's script.
    #[must_use]
    pub fn axe(&self) -> &Path {
        &self.axe
    }
}

async fn axe(progress: Progress) -> Result<PathBuf> {
    let mut python = Command::new(PythonPackages::AXE.install(progress).await?.join("python"));
    python.args(["-c", "import axe_playwright_python as package; print(package.__path__[0])"]);
    let package = progress.command_output("Looking for axe-core", &mut python).await?;
    Ok(Path::new(package.trim()).join("axe.min.js"))
}
