//! Least privilege: deploys the stack to an emulator that verifies signatures and evaluates
//! policies, over TLS. The system must work, and every other action must be denied to each role.

use std::path::Path;

use anyhow::{Context, Result};
use devstack::{Emulator, HttpProxy, Progress, Tools};

use super::stack::Tests;

pub(super) async fn test(tools: &Tools) -> Result<()> {
    on_template(tools, Path::new(devstack::BUILT_TEMPLATE)).await
}

/// The same for another template, with the functions that it names.
pub(super) async fn on_template(tools: &Tools, template: &Path) -> Result<()> {
    let emulator = Emulator::start_guarded(tools, Progress).await?;
    let trust = emulator.ca_bundle().context("a guarded emulator has a certificate")?;
    let stack = devstack::deploy_with(tools, &emulator, template, &[&*trust], Progress).await?;
    let proxy = HttpProxy::open(&stack, devstack::free_port()?).await?;
    let mut tests = Tests::of(tools, &stack, proxy.url(), emulator.port(), &["--test", "iam"])?;
    emulator.set_aws_env(&mut tests.command).env("E2E_PLAIN_ENDPOINT", emulator.endpoint());
    tests.run().await
}
