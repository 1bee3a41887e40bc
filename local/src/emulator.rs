//! The emulator: AWS on loopback, without Docker or an account.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::process::Command;

use crate::ports::invoke_url;
use crate::{FUNCTIONS, Group, Progress, STACK_NAME, Tools, http};

/// A running emulator. It ends, with the functions it runs, when this is dropped.
#[derive(Debug)]
pub struct Emulator {
    // Dropped first: the process must be gone before its folder is.
    process: Group,
    folder: TempDir,
    port: u16,
    tools: Tools,
    invocations: Invocations,
}

/// Who runs a function when it is invoked.
#[derive(Clone, Debug)]
pub enum Invocations {
    /// The emulator itself, from what was deployed.
    Deployed,
    /// The same, the functions reaching AWS through a proxy at this address.
    DeployedBehind(String),
    /// `cargo lambda watch` on this port.
    Watch(u16),
}

/// What the template deploys and what deploying needs.
const SERVICES: &str = "apigateway,cloudformation,dynamodb,iam,kms,lambda,logs,s3,scheduler,sns,sqs,sts";
const LOG: &str = "emulator.log";
const START_TIMEOUT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Emulator {
    /// Starts it on a loopback port and waits until it answers.
    pub async fn start(tools: &Tools, port: u16, invocations: Invocations, progress: Progress) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("order-fanout-").tempdir()?;
        let process = spawn(tools, port, &invocations, folder.path())?;
        let mut emulator = Self { process, folder, port, tools: tools.clone(), invocations };
        progress.step("Starting the emulator", async |_| emulator.wait_until_it_answers().await).await?;
        Ok(emulator)
    }

    /// Stops it as a shutting-down machine does and starts it again, with all it knew. Whatever the functions were
    /// doing is cut short.
    pub async fn restart(&mut self) -> Result<()> {
        self.process.end().await?;
        self.process = spawn(&self.tools, self.port, &self.invocations, self.folder.path())?;
        self.wait_until_it_answers().await
    }

    /// Its address: the AWS endpoint of every service.
    #[must_use]
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process, whose children are the functions; none when it has ended.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.process_id()
    }

    /// Waits until it ends, which it does not do of itself, and says why.
    pub async fn failure(&mut self) -> anyhow::Error {
        let status = self.process.wait().await;
        anyhow::anyhow!("the emulator ended ({status:?}):\n\n{}", self.last_words())
    }

    /// A folder for what belongs to it; gone when it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn wait_until_it_answers(&mut self) -> Result<()> {
        let (client, health) = (http::client(), format!("{}/_ministack/health", self.endpoint()));
        let start = Instant::now();
        while !http::answers(&client, &health).await {
            if let Some(status) = self.process.has_ended() {
                bail!("the emulator did not start ({status}):\n\n{}", self.last_words());
            }
            if start.elapsed() > START_TIMEOUT {
                bail!("the emulator does not answer at {health}:\n\n{}", self.last_words());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder().join(LOG)).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

fn spawn(tools: &Tools, port: u16, invocations: &Invocations, folder: &Path) -> Result<Group> {
    let log = File::options().create(true).append(true).open(folder.join(LOG))?;
    let mut command = tools.command("ministack");
    let path = command.as_std().get_envs().find_map(|(name, value)| (name == "PATH").then_some(value).flatten());
    let path = path.context("the tools' command sets PATH")?.to_owned();
    // The functions inherit this environment: they are to see nothing of whoever started it.
    command.env_clear().env("PATH", path).envs(aws_environment(port));
    command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
    command.env("SERVICES", SERVICES).env("IOT_MTLS_ENABLED", "0");
    command.env("PERSIST_STATE", "1").env("STATE_DIR", folder.join("state"));
    command.env("HOME", folder).env("TMPDIR", folder).current_dir(folder);
    match invocations {
        Invocations::Deployed => {}
        Invocations::DeployedBehind(proxy) => {
            command.env("AWS_ENDPOINT_URL", proxy);
        }
        Invocations::Watch(watch_port) => {
            for function in FUNCTIONS {
                let url = invoke_url(*watch_port, function);
                command.env(format!("MINISTACK_LAMBDA_PROXY_{STACK_NAME}-{function}"), url);
            }
        }
    }
    Group::spawn(command.stdout(log.try_clone()?).stderr(log))
}

/// Gives a command what it needs to talk to the emulator on a port, and to no real account.
pub fn aim(command: &mut Command, port: u16) -> &mut Command {
    command.envs(aws_environment(port))
}

pub(crate) fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// The standard variables of AWS's tools, with keys that are worth nothing. Configuration files are out of the way.
fn aws_environment(port: u16) -> [(&'static str, String); 8] {
    [
        ("AWS_ENDPOINT_URL", endpoint(port)),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}
