//! The end-to-end tests, on a stack of their own: free ports, release binaries, the real template.

use anyhow::Result;
use local::{Emulator, Front, Group, Invocations, Progress, Stack, Tools};

/// Which of the end-to-end tests to run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Suite {
    /// The pipeline as it should be.
    Pipeline,
    /// An order's way through it, and no more.
    FanOut,
    /// The pipeline under injected faults.
    Faults,
}

/// Runs the suites on a new stack, one after the other.
pub(crate) async fn end_to_end(tools: &Tools, suites: &[Suite]) -> Result<()> {
    let emulator = Emulator::start(tools, local::free_port()?, Invocations::Deployed, Progress).await?;
    let stack = local::deploy(tools, &emulator, true, Progress).await?;
    let front = Front::open(&stack, local::free_port()?).await?;
    for suite in suites {
        run_tests(tools, &stack, front.url(), emulator.port(), *suite).await?;
    }
    Ok(())
}

/// Runs a suite against a stack on the emulator.
pub(crate) async fn run_tests(tools: &Tools, stack: &Stack, shop_url: &str, aws_port: u16, suite: Suite) -> Result<()> {
    let outputs = tempfile::NamedTempFile::new()?;
    serde_json::to_writer(&outputs, &stack.outputs.clone().with_shop_url(shop_url))?;
    let tests: &[&str] = match suite {
        Suite::Pipeline => &["--test", "pipeline"],
        Suite::FanOut => &["--test", "pipeline", "fan_out"],
        Suite::Faults => &["--test", "faults"],
    };
    // The whole workspace's features, as in the step before: for `--package e2e` alone cargo would compile the SDK again.
    let arguments = [&["test", "--workspace", "--features", "e2e/stack"], tests].concat();
    eprintln!("── End to end: cargo {}", arguments.join(" "));
    let mut test = tools.cargo();
    test.args(arguments);
    test.env("E2E_OUTPUTS", outputs.path()).env("E2E_BINARIES", local::root().join("target/lambda"));
    Group::run("End to end", local::aim(&mut test, aws_port)).await
}
