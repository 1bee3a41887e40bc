//! Where the verification runs: an AWS account, or the emulator in its place.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use devstack::{
    Emulator, Fault, FaultProxy, HttpProxy, Invocations, Outputs, Progress, Stack, Tools,
};
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;
use tokio::process::Command;

use super::outcome::Outcome;

/// The folder with the calls to AWS.
const SCRIPTS: &str = "tools/devstack/tools/verify_aws";

/// An AWS account, reached with the caller's credentials, or an emulator.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) tools: Tools,
    local: Option<Local>,
}

#[derive(Debug)]
struct Local {
    emulator: Emulator,
    /// Between the functions and the emulator.
    proxy: FaultProxy,
}

/// Less than the orders function waits for one attempt (docs/reference/timeouts.md).
const SLOW: Duration = Duration::from_millis(200);

/// Who is calling, and where.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Identity {
    pub(super) account: String,
    pub(super) region: Option<String>,
    /// Today.
    pub(super) date: String,
}

/// A deployed stack's shop.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) url: String,
    /// A file with the stack's outputs, as the end-to-end tests read them.
    pub(super) outputs: NamedTempFile,
    // Serves the shop of a stack on the emulator.
    _proxy: Option<HttpProxy>,
}

impl Target {
    pub(super) fn aws(tools: Tools) -> Self {
        Self { tools, local: None }
    }

    pub(super) async fn emulator(tools: Tools) -> Result<Self> {
        let port = devstack::free_port()?;
        let proxy = FaultProxy::start(&format!("http://127.0.0.1:{port}")).await?;
        let behind = Invocations::DeployedBehind { proxy: proxy.url().to_owned(), clock: None };
        let emulator = Emulator::start(&tools, port, behind, Progress).await?;
        Ok(Self { tools, local: Some(Local { emulator, proxy }) })
    }

    pub(super) fn is_aws(&self) -> bool {
        self.local.is_none()
    }

    /// Points a command at this target.
    pub(super) fn set_env<'command>(
        &self,
        command: &'command mut Command,
    ) -> &'command mut Command {
        match &self.local {
            Some(local) => local.emulator.set_aws_env(command),
            None => command,
        }
    }

    /// Builds the functions for this target's processors.
    pub(super) async fn build(&self) -> Result<()> {
        match self.local {
            Some(_) => devstack::build(&self.tools, Progress).await,
            None => {
                Progress.command("Building the functions for Lambda", self.sam().arg("build")).await
            }
        }
    }

    /// The SAM CLI, for this target.
    pub(super) fn sam(&self) -> Command {
        let mut sam = self.tools.command("sam");
        sam.env("SAM_CLI_TELEMETRY", "0").env("SAM_CLI_CHECK_FOR_UPDATES", "0");
        sam.current_dir(devstack::root());
        self.set_env(&mut sam);
        if let Some(Local { emulator, .. }) = &self.local {
            // sam leaves empty folders in TMPDIR.
            sam.env("TMPDIR", emulator.folder());
        }
        sam
    }

    /// A script that calls AWS, with its arguments.
    pub(super) fn script(&self, arguments: &[&str]) -> Command {
        let mut python = self.tools.command("python");
        python.current_dir(devstack::root()).env("PYTHONDONTWRITEBYTECODE", "1");
        python.arg(SCRIPTS).args(arguments);
        self.set_env(&mut python);
        python
    }

    /// Runs a script, and returns the facts that it printed.
    pub(super) async fn facts<T: DeserializeOwned>(
        &self,
        what: &str,
        arguments: &[&str],
    ) -> Result<T> {
        let printed = Progress.command_output(what, &mut self.script(arguments)).await?;
        serde_json::from_str(&printed).with_context(|| format!("{what}: {}", printed.trim()))
    }

    /// Runs a script that checks something.
    pub(super) async fn check(&self, what: &str, arguments: &[&str]) -> Result<Outcome> {
        self.facts(what, arguments).await
    }

    pub(super) async fn identity(&self) -> Result<Identity> {
        let identity: Identity = self.facts("Asking who is calling", &["identity"]).await?;
        if identity.region.is_none() {
            bail!("no region is set: export AWS_DEFAULT_REGION");
        }
        Ok(identity)
    }

    /// Makes the next publishes slow, if this is the emulator. The emulator's own time for a request
    /// varies more than a publish takes.
    pub(super) fn slow_publishes(&self, times: u32) {
        if let Some(Local { proxy, .. }) = &self.local {
            proxy.inject("Publish", Fault::Delay(SLOW), times);
        }
    }

    /// The shop of a deployed stack.
    pub(super) async fn shop(&self, stack: &str) -> Result<Shop> {
        let mut list = self.sam();
        list.args(["list", "stack-outputs", "--stack-name", stack, "--output", "json"]);
        let printed = Progress.command_output("Reading the stack's outputs", &mut list).await?;
        let mut outputs: Outputs = serde_json::from_str(&printed).context("the stack's outputs")?;
        let mut proxy = None;
        if let Some(Local { emulator, .. }) = &self.local {
            let stack = Stack { endpoint: emulator.endpoint(), outputs: outputs.clone() };
            let serving = HttpProxy::open(&stack, devstack::free_port()?).await?;
            outputs = outputs.with_shop_url(serving.url());
            proxy = Some(serving);
        }
        let file = NamedTempFile::new()?;
        serde_json::to_writer(&file, &outputs)?;
        Ok(Shop { url: outputs.get("ShopUrl")?.to_owned(), outputs: file, _proxy: proxy })
    }
}
