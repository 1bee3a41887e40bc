//! Ordered delivery: a stack with `Fifo=true`, under single faults and under random ones, and the
//! deployments that are refused.

use anyhow::{Context, Result, ensure};
use devstack::{BUILT_TEMPLATE, Progress, RunningStack, Tools, deploy_arguments, deploy_with};

use super::stack::{self, Tests};

/// Customers' orders under random faults: enough of each customer to be put out of order.
pub(crate) const SOAK: [&str; 2] = ["--fifo", "--orders=2000"];

/// The tests of `pipeline` that a FIFO stack may answer differently.
const PIPELINE: [&str; 5] = ["fan_out", "isolation", "redelivery", "relay", "samples"];

pub(super) async fn test(tools: &Tools) -> Result<()> {
    deployments(tools).await?;
    stack::on_own_stacks(tools, "fifo", &[], &[]).await?;
    stack::on_own_stacks(tools, "soak", &SOAK.map(str::to_owned), &[]).await
}

/// Deploys a FIFO stack, and tries deployments that would replace its queues or are malformed.
async fn deployments(tools: &Tools) -> Result<()> {
    let running = RunningStack::start(tools, BUILT_TEMPLATE, &["Fifo=true"], Progress).await?;
    let check = async |parameters: &[&str]| {
        let environment = ["--config-env", "local", "--parameter-overrides"];
        let arguments = [&environment[..], parameters].concat();
        let arguments: Vec<_> = arguments.into_iter().map(str::to_owned).collect();
        deploy_arguments(tools, &arguments, |script| running.emulator.set_aws_env(script)).await
    };
    check(&["Environment=local", "Fifo=true"]).await.context("the stack's own kind")?;
    check(&["Environment=local"]).await.context("SAM keeps the stack's value")?;
    check(&["Fifo=false", "--replace-queues"]).await.context("the operator drained the queues")?;
    for (fifo, reason) in [("Fifo=false", "has FIFO queues"), ("Fifo=maybe", "true or false")] {
        let refused = check(&["Environment=local", fifo]).await;
        let line = refused.err().with_context(|| format!("{fifo} was not refused"))?.to_string();
        ensure!(line.contains(reason) && line.lines().count() == 1, "{fifo}: {line}");
    }
    let unknown = ["Fifo=maybe"];
    let deployed = deploy_with(tools, &running.emulator, BUILT_TEMPLATE, &unknown, Progress).await;
    ensure!(deployed.is_err(), "Fifo=maybe was deployed");
    let which = [&["--test", "pipeline", "--"], &PIPELINE[..]].concat();
    Tests::on(tools, &running, &which)?.run().await
}
