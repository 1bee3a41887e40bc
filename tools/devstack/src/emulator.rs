//! The emulator: AWS on loopback, without Docker or an account.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::ports::{free_port, invoke_url};
use crate::server::{Server, folder};
use crate::workspace::root;
use crate::{FunctionClock, Progress, STACK_NAME, Tools, functions};

/// A running emulator. It stops, together with the functions it runs, when this is dropped.
#[derive(Debug)]
pub struct Emulator {
    server: Server,
    port: u16,
    guard: Option<Guard>,
}

/// How to reach an emulator with IAM checks, over TLS.
#[derive(Debug)]
struct Guard {
    port: u16,
    /// The certificate to trust, PEM.
    certificate: PathBuf,
}

/// What runs a function when it is invoked.
#[derive(Clone, Debug)]
pub enum Invocations {
    /// The emulator, from the deployed package.
    Deployed,
    /// The same, but the functions reach AWS through a proxy, and may have a clock of their own.
    DeployedBehind {
        /// The proxy's address.
        proxy: String,
        /// The clock.
        clock: Option<Arc<FunctionClock>>,
    },
    /// `cargo lambda watch` on this port.
    Watch(u16),
}

/// The services that the template and its deployment use.
const SERVICES: &str =
    "apigateway,cloudformation,cloudwatch,dynamodb,iam,kms,lambda,logs,s3,scheduler,sns,sqs,sts";

/// Starts ministack, patched for resource types that it lacks.
const LAUNCHER: &str = "tools/devstack/tools/emulator.py";

impl Emulator {
    /// Starts the emulator on a loopback port and waits until it responds.
    pub async fn start(
        tools: &Tools,
        port: u16,
        invocations: Invocations,
        progress: Progress,
    ) -> Result<Self> {
        let folder = folder()?;
        let mut command = command(tools, folder.path(), port, endpoint(port))?;
        match invocations {
            Invocations::Deployed => {}
            Invocations::DeployedBehind { proxy, clock } => {
                command.env("AWS_ENDPOINT_URL", proxy);
                if let Some(clock) = clock {
                    clock.set_env(&mut command);
                }
            }
            Invocations::Watch(watch_port) => {
                for function in functions() {
                    let url = invoke_url(watch_port, function);
                    command.env(format!("MINISTACK_LAMBDA_PROXY_{STACK_NAME}-{function}"), url);
                }
            }
        }
        let server = Server::start("the emulator", command, folder, health(port), progress).await?;
        Ok(Self { server, port, guard: None })
    }

    /// Starts an emulator with IAM checks on free loopback ports: it verifies signatures and
    /// evaluates policies, as AWS does, and serves TLS. It also serves plain HTTP, so that tests
    /// can see policies deny such requests.
    pub async fn start_guarded(tools: &Tools, progress: Progress) -> Result<Self> {
        let (port, folder) = (free_port()?, folder()?);
        let guard =
            Guard { port: free_port()?, certificate: folder.path().join("certificate.pem") };
        let mut command = command(tools, folder.path(), guard.port, guard.endpoint())?;
        command.env("AUTH", "true").env("USE_SSL", "1").env("PLAIN_PORT", port.to_string());
        command
            .env("MINISTACK_SSL_CERT", &guard.certificate)
            .env("MINISTACK_SSL_KEY", folder.path().join("key.pem"));
        let server =
            Server::start("the guarded emulator", command, folder, health(port), progress).await?;
        Ok(Self { server, port, guard: Some(guard) })
    }

    /// Points a command at the emulator (over TLS if IAM checks are on) and away from any real
    /// account.
    pub fn set_aws_env<'command>(&self, command: &'command mut Command) -> &'command mut Command {
        match &self.guard {
            None => set_aws_env(command, self.port),
            Some(guard) => command
                .envs(aws_environment(guard.endpoint()))
                .env("AWS_CA_BUNDLE", &guard.certificate)
                .env("SSL_CERT_FILE", &guard.certificate),
        }
    }

    /// The template parameter that makes functions trust the emulator's certificate; `None` without
    /// IAM checks.
    #[must_use]
    pub fn ca_bundle(&self) -> Option<String> {
        self.guard.as_ref().map(|guard| format!("CaBundle={}", guard.certificate.display()))
    }

    /// Stops the emulator as a machine shutdown does and starts it again with its state. Running
    /// functions are cut short.
    pub async fn restart(&mut self) -> Result<()> {
        self.server.restart().await
    }

    /// Its address in plain HTTP: the endpoint of every AWS service.
    #[must_use]
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }

    /// Its port for plain HTTP.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The emulator's process id (the functions are its children), or `None` once it has ended.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.server.process_id()
    }

    /// Waits until the emulator ends, which it never does by itself, and returns why.
    pub async fn failure(&mut self) -> anyhow::Error {
        self.server.failure().await
    }

    /// The emulator's temporary folder. It is deleted with the emulator.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }
}

impl Guard {
    fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
}

/// The emulator's command line. Functions get `endpoint` as their AWS endpoint.
fn command(tools: &Tools, folder: &Path, port: u16, endpoint: String) -> Result<Command> {
    let mut command = tools.command("python");
    command.arg(root().join(LAUNCHER));
    let path = command
        .as_std()
        .get_envs()
        .find_map(|(name, value)| (name == "PATH").then_some(value).flatten());
    let path = path.context("the tools' command sets PATH")?.to_owned();
    // The functions inherit this environment, so it must hold nothing of the user's.
    command.env_clear().env("PATH", path).envs(aws_environment(endpoint));
    // The emulator ignores the template's LogFormat, for which Lambda sets this.
    command.env("AWS_LAMBDA_LOG_FORMAT", "JSON");
    command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
    command.env("SERVICES", SERVICES).env("IOT_MTLS_ENABLED", "0");
    command.env("PERSIST_STATE", "1").env("STATE_DIR", folder.join("state"));
    command.env("HOME", folder).env("TMPDIR", folder).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

fn health(port: u16) -> String {
    format!("{}/_ministack/health", endpoint(port))
}

/// Points a command at the emulator on a port and away from any real account.
pub fn set_aws_env(command: &mut Command, port: u16) -> &mut Command {
    command.envs(aws_environment(endpoint(port)))
}

pub(crate) fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// The standard AWS variables, with dummy keys. The user's configuration files are disabled.
fn aws_environment(endpoint: String) -> [(&'static str, String); 8] {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}
