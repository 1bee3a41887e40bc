//! The end-to-end tests, on a stack of their own: free ports, release binaries, the real template.

use anyhow::Result;
use local::{Emulator, Front, Group, Invocations, Progress, Stack, Tools};

pub(crate) async fn end_to_end(tools: &Tools) -> Result<()> {
    let emulator = Emulator::start(tools, local::free_port()?, Invocations::Deployed, Progress).await?;
    let stack = local::deploy(tools, &emulator, true, Progress).await?;
    let front = Front::open(&stack, local::free_port()?).await?;
    run_tests(tools, stack, front.url(), emulator.port(), "").await
}

/// Runs the end-to-end tests whose names contain `filter` against a stack on the emulator.
pub(crate) async fn run_tests(tools: &Tools, stack: Stack, shop_url: &str, aws_port: u16, filter: &str) -> Result<()> {
    let outputs = tempfile::NamedTempFile::new()?;
    serde_json::to_writer(&outputs, &stack.outputs.with_shop_url(shop_url))?;
    // The whole workspace's features, as in the step before: for `--package e2e` alone cargo would compile the SDK again.
    let arguments = ["test", "--workspace", "--features", "e2e/stack", "--test", "pipeline", filter];
    eprintln!("── End to end: cargo {}", arguments.join(" "));
    let mut test = tools.cargo();
    test.args(arguments);
    test.env("E2E_OUTPUTS", outputs.path()).env("E2E_BINARIES", local::root().join("target/lambda"));
    Group::run("End to end", local::aim(&mut test, aws_port)).await
}
