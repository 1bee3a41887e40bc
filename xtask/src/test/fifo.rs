//! Ordered delivery: a stack with `Fifo=true`, under single faults and under random ones, and the
//! deployments that are refused.

use anyhow::{Context, Result, ensure};
use devstack::{BUILT_TEMPLATE, Progress, RunningStack, Tools, check_queue_kind, deploy_with};

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
        check_queue_kind(tools, &arguments, |check| running.emulator.set_aws_env(check)).await
    };
    check(&["Environment=local", "Fifo=true"]).await.context("the stack's own kind")?;
    check(&["Environment=local"]).await.context("SAM keeps the stack's value")?;
    let refused = check(&["Environment=local", "Fifo=false"]).await;
    let refused = refused.err().context("a deployment that replaces the queues was not refused")?;
    let line = refused.to_string();
    ensure!(line.contains("has FIFO queues") && line.lines().count() == 1, "{line}");

    let unknown = ["Fifo=maybe"];
    let deployed = deploy_with(tools, &running.emulator, BUILT_TEMPLATE, &unknown, Progress).await;
    ensure!(deployed.is_err(), "Fifo=maybe was deployed");
    let which = [&["--test", "pipeline", "--"], &PIPELINE[..]].concat();
    Tests::on(tools, &running, &which)?.run().await
}
