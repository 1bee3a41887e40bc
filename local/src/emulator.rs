//! The emulator: AWS on loopback, without Docker or an account.

use std::path::Path;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::ports::invoke_url;
use crate::server::{Server, folder};
use crate::workspace::root;
use crate::{FUNCTIONS, Progress, STACK_NAME, Tools};

/// A running emulator. It ends, with the functions it runs, when this is dropped.
#[derive(Debug)]
pub struct Emulator {
    server: Server,
    port: u16,
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
const SERVICES: &str = "apigateway,cloudformation,cloudwatch,dynamodb,iam,kms,lambda,logs,s3,scheduler,sns,sqs,sts";

/// Starts ministack, which lacks one of the template's resources.
const LAUNCHER: &str = "local/tools/emulator.py";

impl Emulator {
    /// Starts it on a loopback port and waits until it answers.
    pub async fn start(tools: &Tools, port: u16, invocations: Invocations, progress: Progress) -> Result<Self> {
        let folder = folder()?;
        let mut command = tools.command("python");
        command.arg(root().join(LAUNCHER));
        let path = command.as_std().get_envs().find_map(|(name, value)| (name == "PATH").then_some(value).flatten());
        let path = path.context("the tools' command sets PATH")?.to_owned();
        // The functions inherit this environment: they are to see nothing of whoever started it.
        command.env_clear().env("PATH", path).envs(aws_environment(port));
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
        command.env("SERVICES", SERVICES).env("IOT_MTLS_ENABLED", "0");
        command.env("PERSIST_STATE", "1").env("STATE_DIR", folder.path().join("state"));
        command.env("HOME", folder.path()).env("TMPDIR", folder.path());
        match invocations {
            Invocations::Deployed => {}
            Invocations::DeployedBehind(proxy) => {
                command.env("AWS_ENDPOINT_URL", proxy);
            }
            Invocations::Watch(watch_port) => {
                for function in FUNCTIONS {
                    let url = invoke_url(watch_port, function);
                    command.env(format!("MINISTACK_LAMBDA_PROXY_{STACK_NAME}-{function}"), url);
                }
            }
        }
        let health = format!("{}/_ministack/health", endpoint(port));
        Ok(Self { server: Server::start("the emulator", command, folder, health, progress).await?, port })
    }

    /// Stops it as a shutting-down machine does and starts it again, with all it knew. Whatever the functions were
    /// doing is cut short.
    pub async fn restart(&mut self) -> Result<()> {
        self.server.restart().await
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
        self.server.process_id()
    }

    /// Waits until it ends, which it does not do of itself, and says why.
    pub async fn failure(&mut self) -> anyhow::Error {
        self.server.failure().await
    }

    /// A folder for what belongs to it; gone when it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }
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
