//! Least privilege: the stack on an emulator that checks signatures and asks policies as AWS does,
//! over TLS: the system works, and what its roles need not do is denied to each of them.

use anyhow::{Context, Result};
use devstack::{Emulator, HttpProxy, Progress, Tools};

use super::stack::Tests;

/// Short times, as samconfig.toml has them for `local`.
const PARAMETERS: [&str; 4] =
    ["Environment=local", "FunctionTimeout=2", "QueueVisibility=12", "OutboxAge=2"];

pub(super) async fn test(tools: &Tools) -> Result<()> {
    let emulator = Emulator::start_guarded(tools, Progress).await?;
    let trust = emulator.ca_bundle().context("a guarded emulator has a certificate")?;
    let parameters = [&PARAMETERS[..], &[&*trust]].concat();
    let stack =
        devstack::deploy_with(tools, &emulator, devstack::BUILT_TEMPLATE, &parameters, Progress)
            .await?;
    let proxy = HttpProxy::open(&stack, devstack::free_port()?).await?;
    let mut tests = Tests::of(tools, &stack, proxy.url(), emulator.port(), &["--test", "iam"])?;
    emulator.set_aws_env(&mut tests.command).env("E2E_PLAIN_ENDPOINT", emulator.endpoint());
    tests.run().await
}
