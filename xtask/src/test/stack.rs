//! The end-to-end tests, on a stack of their own: free ports, release binaries, the real template.

use std::ffi::OsStr;

use anyhow::Result;
use devstack::{Emulator, HttpProxy, Invocations, ProcessGroup, Progress, Stack, Tools, root};
use tempfile::NamedTempFile;
use tokio::process::Command;

/// Which of the end-to-end tests to run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Suite {
    /// The pipeline as it should be.
    Pipeline,
    /// An order's way through it, and no more.
    FanOut,
    /// The same of one order.
    OneOrder,
    /// Every sample invocation.
    Samples,
    /// The pipeline under injected faults.
    Faults,
    /// The operator's command.
    Ops,
    /// The pages in a real browser.
    Browser,
    /// What each role may do and what is denied, on a guarded emulator.
    Iam,
}

impl Suite {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Pipeline => &["--test", "pipeline"],
            Self::FanOut => &["--test", "pipeline", "fan_out"],
            Self::OneOrder => &["--test", "pipeline", "fan_out::an_order_placed_as_json_is_fulfilled"],
            Self::Samples => &["--test", "pipeline", "samples"],
            Self::Faults => &["--test", "faults"],
            Self::Ops => &["--test", "ops"],
            Self::Browser => &["--test", "browser"],
            Self::Iam => &["--test", "iam"],
        }
    }
}

/// Builds the operator's command, which some tests run as an operator does.
pub(crate) async fn build_ops(tools: &Tools) -> Result<()> {
    let mut cargo = tools.cargo();
    Progress.command("Building ops", cargo.args(["build", "--workspace", "--bin", "ops"])).await
}

/// Runs the suites on a new stack, one after the other, with these variables beside their own.
pub(crate) async fn end_to_end(tools: &Tools, suites: &[Suite], variables: &[(&str, &OsStr)]) -> Result<()> {
    let emulator = Emulator::start(tools, devstack::free_port()?, Invocations::Deployed, Progress).await?;
    let stack = devstack::deploy(tools, &emulator, devstack::BUILT_TEMPLATE, Progress).await?;
    let proxy = HttpProxy::open(&stack, devstack::free_port()?).await?;
    for suite in suites {
        let mut tests = Tests::of(tools, &stack, proxy.url(), emulator.port(), *suite)?;
        tests.command.envs(variables.iter().copied());
        tests.run().await?;
    }
    Ok(())
}

/// Tests of a stack, to be run.
#[derive(Debug)]
pub(crate) struct Tests {
    pub(crate) command: Command,
    // Held for as long as the tests read it.
    _outputs: NamedTempFile,
}

impl Tests {
    /// A suite against a stack on the emulator on a port.
    pub(crate) fn of(tools: &Tools, stack: &Stack, shop_url: &str, aws_port: u16, suite: Suite) -> Result<Self> {
        let outputs = NamedTempFile::new()?;
        serde_json::to_writer(&outputs, &stack.outputs.clone().with_shop_url(shop_url))?;
        let mut command = cargo_test(tools, suite.arguments());
        command.env("E2E_OUTPUTS", outputs.path());
        devstack::set_aws_env(&mut command, aws_port);
        Ok(Self { command, _outputs: outputs })
    }

    pub(crate) async fn run(mut self) -> Result<()> {
        run(&mut self.command).await
    }
}

/// Runs a test target that starts its own stacks, to ill-treat them.
pub(crate) async fn on_stacks_of_their_own(
    tools: &Tools,
    target: &str,
    arguments: &[String],
    variables: &[(&str, &OsStr)],
) -> Result<()> {
    let mut command = cargo_test(tools, &["--test", target, "--"]);
    command.args(arguments).envs(variables.iter().copied());
    // The port is that of no stack: each test has its own.
    run(devstack::set_aws_env(&mut command, devstack::free_port()?)).await
}

/// The whole workspace's features, as in the step before: for `--package e2e` alone cargo would compile the SDK again.
fn cargo_test(tools: &Tools, arguments: &[&str]) -> Command {
    let mut cargo = tools.cargo();
    cargo.args(["test", "--workspace", "--features", "e2e/stack"]).args(arguments);
    cargo.env("E2E_BINARIES", root().join("target/lambda")).env("E2E_OPS", root().join("target/debug/ops"));
    cargo.env("ORDER_FANOUT_STACK", devstack::STACK_NAME);
    cargo
}

async fn run(command: &mut Command) -> Result<()> {
    let arguments: Vec<_> = command.as_std().get_args().map(|argument| argument.display().to_string()).collect();
    eprintln!("── End to end: cargo {}", arguments.join(" "));
    ProcessGroup::run("End to end", command).await
}
