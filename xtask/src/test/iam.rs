//! Least privilege: deploys the stack to an emulator that verifies signatures and evaluates
//! policies, over TLS. The pipeline's role deploys it through the service role of deploy-role.yaml,
//! and may deploy nothing else. The system must work, and every other action must be denied to each
//! role. In the end the service role must be able to delete the stack.

use std::path::Path;

use anyhow::{Context, Result};
use devstack::{DeployRole, Emulator, HttpProxy, Progress, Tools};

use super::stack::Tests;

pub(super) async fn test(tools: &Tools) -> Result<()> {
    on_template(tools, Path::new(devstack::BUILT_TEMPLATE)).await
}

/// The same for another template, with the functions that it names.
pub(super) async fn on_template(tools: &Tools, template: &Path) -> Result<()> {
    let emulator = Emulator::start_guarded(tools, Progress).await?;
    let trust = emulator.ca_bundle().context("a guarded emulator has a certificate")?;
    let deploy_role = DeployRole::deploy(tools, &emulator, Progress).await?;
    Box::pin(deploy_role.try_forbidden(tools, &emulator, template, Progress)).await?;
    let stack = deploy_role.deploy_stack(tools, &emulator, template, &[&trust], Progress).await?;
    let changed = [&*trust, "LogRetentionDays=3"];
    deploy_role.deploy_stack(tools, &emulator, template, &changed, Progress).await?;

    let proxy = HttpProxy::open(&stack, devstack::free_port()?).await?;
    let mut tests = Tests::of(tools, &stack, proxy.url(), emulator.port(), &["--test", "iam"])?;
    emulator.set_aws_env(&mut tests.command).env("E2E_PLAIN_ENDPOINT", emulator.endpoint());
    tests.command.env("E2E_SERVICE_ROLE", deploy_role.service_role()?);
    tests.command.env("E2E_BOUNDARY", deploy_role.boundary()?);
    tests.run().await?;
    devstack::delete(tools, &emulator, Progress).await
}
