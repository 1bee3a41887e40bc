//! Least privilege: deploys the stack to an emulator that verifies signatures and evaluates
//! policies, over TLS. The pipeline's role deploys it through the service role of deploy-role.yaml,
//! and may deploy nothing else. The system must work, and every other action must be denied to each
//! role. In the end the service role must be able to delete the stack.

use std::path::Path;

use anyhow::{Context, Result};
use devstack::{DeployRole, Emulator, HttpProxy, Progress, Stack, Tools};

use super::stack::Tests;

pub(super) async fn test(tools: &Tools) -> Result<()> {
    let template = Path::new(devstack::BUILT_TEMPLATE);
    let guarded = Guarded::start(tools).await?;
    let Guarded { emulator, deploy_role, .. } = &guarded;
    Box::pin(deploy_role.try_forbidden(tools, emulator, template, Progress)).await?;
    guarded.deploy(tools, template, &[]).await?;
    let stack = guarded.deploy(tools, template, &["LogRetentionDays=3"]).await?;
    guarded.run_tests(tools, &stack, &[]).await?;
    devstack::delete(tools, emulator, Progress).await
}

/// Tries only the functions' roles, on another template with the functions that it names.
pub(super) async fn roles_of(tools: &Tools, template: &Path) -> Result<()> {
    let guarded = Guarded::start(tools).await?;
    let stack = guarded.deploy(tools, template, &[]).await?;
    let others = ["deploy_role", "schedule", "signatures"];
    let skip = others.iter().flat_map(|test| ["--skip", test]);
    guarded.run_tests(tools, &stack, &skip.collect::<Vec<_>>()).await
}

/// An emulator that evaluates policies, and the role that deploys to it.
struct Guarded {
    emulator: Emulator,
    /// The parameter with its certificate.
    trust: String,
    deploy_role: DeployRole,
}

impl Guarded {
    async fn start(tools: &Tools) -> Result<Self> {
        let emulator = Emulator::start_guarded(tools, Progress).await?;
        let trust = emulator.ca_bundle().context("a guarded emulator has a certificate")?;
        let deploy_role = DeployRole::deploy(tools, &emulator, Progress).await?;
        Ok(Self { emulator, trust, deploy_role })
    }

    async fn deploy(&self, tools: &Tools, template: &Path, parameters: &[&str]) -> Result<Stack> {
        let parameters = [&[&*self.trust], parameters].concat();
        self.deploy_role.deploy_stack(tools, &self.emulator, template, &parameters, Progress).await
    }

    async fn run_tests(&self, tools: &Tools, stack: &Stack, arguments: &[&str]) -> Result<()> {
        let Self { emulator, deploy_role, .. } = self;
        let proxy = HttpProxy::open(stack, devstack::free_port()?).await?;
        let which = [&["--test", "iam", "--"], arguments].concat();
        let mut tests = Tests::of(tools, stack, proxy.url(), emulator.port(), &which)?;
        emulator.set_aws_env(&mut tests.command).env("E2E_PLAIN_ENDPOINT", emulator.endpoint());
        tests.command.env("E2E_SERVICE_ROLE", deploy_role.service_role()?);
        tests.command.env("E2E_BOUNDARY", deploy_role.boundary()?);
        tests.run().await
    }
}
