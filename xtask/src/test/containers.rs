//! The functions in Lambda's own container image, as the SAM CLI runs them for a user of `cargo
//! xtask run --built --containers`. The expectations are those of the end-to-end tests.

use anyhow::Result;
use devstack::{LocalApi, Progress, SAM_LOCAL, Tools, root};

use super::run_command::RunningCommand;
use super::stack::Tests;

/// Every sample invocation.
const SAMPLES: &[&str] = &["--test", "pipeline", "samples"];
/// One order, through the whole pipeline.
const ONE_ORDER: &[&str] = &["--test", "pipeline", "fan_out::order_placed_as_json_is_fulfilled"];

/// Sends every sample through `sam local invoke`, and an order through `sam local start-api`; the
/// subscribers are those of the stack.
pub(super) async fn test(tools: &Tools) -> Result<()> {
    let run = RunningCommand::start(tools, &["--built", "--containers"]).await?;
    let stack = devstack::stack(tools, run.aws_port, Progress).await?;
    let mut samples = Tests::of(tools, &stack, &run.shop(), run.aws_port, SAMPLES)?;
    samples.command.env("E2E_SAM_CONFIG", root().join(SAM_LOCAL));
    samples.run().await?;
    let api = LocalApi::start(tools, devstack::free_port()?, Progress).await?;
    Tests::of(tools, &stack, api.url(), run.aws_port, ONE_ORDER)?.run().await?;
    drop(api);
    run.ends_on_ctrl_c().await
}
