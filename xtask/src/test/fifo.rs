//! Ordered delivery: a stack with `Fifo=true`, under single faults and under random ones, and the
//! deployments that are refused.

use std::io::Write;

use anyhow::{Context, Result, bail, ensure};
use devstack::{
    BUILT_TEMPLATE, Progress, RunningStack, STACK_NAME, Tools, deploy_arguments, deploy_with,
};
use tempfile::NamedTempFile;

use super::stack::{self, Tests};

/// Customers' orders under random faults, in the suite; `cargo xtask verify fifo` has more.
const SHORT_SOAK: [&str; 2] = ["--fifo", "--orders=1000"];
pub(crate) const SOAK: [&str; 2] = ["--fifo", "--orders=2000"];

/// The tests of `pipeline` that a FIFO stack may answer differently.
const PIPELINE: [&str; 7] =
    ["fan_out", "isolation", "logs", "privacy", "redelivery", "relay", "samples"];

pub(super) async fn test(tools: &Tools) -> Result<()> {
    deployments(tools).await?;
    stack::on_own_stacks(tools, "fifo", &[], &[]).await?;
    stack::on_own_stacks(tools, "soak", &SHORT_SOAK.map(str::to_owned), &[]).await
}

/// Deploys a FIFO stack, and tries deployments that would replace its queues or are malformed.
async fn deployments(tools: &Tools) -> Result<()> {
    let running = RunningStack::start(tools, BUILT_TEMPLATE, &["Fifo=true"], Progress).await?;
    let check = async |arguments: &[&str]| {
        let arguments = [&["--config-env", "local"], arguments].concat();
        let arguments: Vec<_> = arguments.into_iter().map(str::to_owned).collect();
        deploy_arguments(tools, &arguments, |script| running.emulator.set_aws_env(script)).await
    };
    let parameters = "--parameter-overrides";
    check(&[parameters, "Environment=local", "Fifo=true"]).await.context("its own kind")?;
    check(&[]).await.context("SAM keeps the stack's value")?;
    check(&[parameters, "Fifo=false", "--replace-queues"]).await.context("they are drained")?;
    check(&["--stack-name", "no-stack", parameters, "Fifo=false"]).await.context("a new stack")?;

    let mut config = NamedTempFile::new()?;
    let of_local = "[local.deploy.parameters]\nparameter_overrides";
    writeln!(config, "[local.global.parameters]\nstack_name = '{STACK_NAME}'")?;
    writeln!(config, "{of_local} = ['Environment=local', 'Fifo=false']")?;
    let config = config.path().to_str().context("a path of text")?;
    for (arguments, reason) in [
        (&[parameters, "Environment=local", "Fifo=false"][..], "has FIFO queues"),
        (&[parameters, "ParameterKey=Fifo,ParameterValue=false"], "has FIFO queues"),
        (&["--config-file", config], "has FIFO queues"),
        (&[parameters, "Fifo=maybe"], "true or false"),
        (&["--guided"], "asks for parameters"),
    ] {
        let Err(refused) = check(arguments).await else { bail!("{arguments:?} was not refused") };
        let line = refused.to_string();
        ensure!(line.contains(reason) && line.lines().count() == 1, "{arguments:?}: {line}");
    }
    let unknown = ["Fifo=maybe"];
    let deployed = deploy_with(tools, &running.emulator, BUILT_TEMPLATE, &unknown, Progress).await;
    ensure!(deployed.is_err(), "Fifo=maybe was deployed");
    let which = [&["--test", "pipeline", "--"], &PIPELINE[..]].concat();
    Tests::on(tools, &running, &which)?.run().await
}
