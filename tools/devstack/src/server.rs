//! A third-party server: a process that listens on loopback, and its log, which is shown when it
//! fails to start.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{ProcessGroup, Progress, http};

/// A running server. It stops, with its child processes, when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    // Dropped first: the process must end before its folder is deleted.
    process: ProcessGroup,
    folder: TempDir,
    name: &'static str,
    command: Command,
    health: String,
}

const LOG: &str = "server.log";
const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Creates a temporary folder for a server.
pub(crate) fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("order-fanout-").tempdir()?)
}

impl Server {
    /// Starts the server in its folder and waits until its health page responds. `name` is its name
    /// in messages.
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
        folder: TempDir,
        health: String,
        progress: Progress,
    ) -> Result<Self> {
        let log = File::create(folder.path().join(LOG))?;
        command.current_dir(folder.path()).stdout(log.try_clone()?).stderr(log);
        let mut server =
            Self { process: ProcessGroup::spawn(&mut command)?, folder, name, command, health };
        progress
            .step(&format!("Starting {name}"), async |_| server.wait_until_it_answers().await)
            .await?;
        Ok(server)
    }

    /// Stops the server with SIGTERM and starts it again in the same folder.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.process.end().await?;
        self.process = ProcessGroup::spawn(&mut self.command)?;
        self.wait_until_it_answers().await
    }

    /// Its process id, or `None` once it has ended.
    pub(crate) fn process_id(&self) -> Option<u32> {
        self.process.process_id()
    }

    /// Waits until the server ends, which it never does by itself, and returns why.
    pub(crate) async fn failure(&mut self) -> anyhow::Error {
        let status = self.process.wait().await;
        anyhow::anyhow!("{} ended ({status:?}):\n\n{}", self.name, self.remaining_output())
    }

    /// Its folder. It is deleted with the server.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn wait_until_it_answers(&mut self) -> Result<()> {
        let (client, start) = (http::client(), Instant::now());
        while !http::status(&client, &self.health).await.is_some_and(|status| status.is_success()) {
            if let Some(status) = self.process.has_ended() {
                bail!("{} did not start ({status}):\n\n{}", self.name, self.remaining_output());
            }
            if start.elapsed() > START_TIMEOUT {
                bail!(
                    "{} does not answer at {}:\n\n{}",
                    self.name,
                    self.health,
                    self.remaining_output()
                );
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    fn remaining_output(&self) -> String {
        let log = fs::read_to_string(self.folder().join(LOG)).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}
