//! The end-to-end tests, each target on a new stack: free ports, release binaries, the real
//! template.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::Result;
use devstack::{ProcessGroup, Progress, RunningStack, Stack, Tools, target_dir};
use tempfile::NamedTempFile;
use tokio::process::Command;

/// Builds the `ops` command, which some tests run.
pub(crate) async fn build_ops(tools: &Tools) -> Result<()> {
    let mut cargo = tools.cargo();
    Progress.command("Building ops", cargo.args(["build", "--workspace", "--bin", "ops"])).await
}

/// Runs a test target of `e2e` on a new stack, with these additional variables.
pub(crate) async fn on_one_stack(
    tools: &Tools,
    target: &str,
    variables: &[(&str, &OsStr)],
) -> Result<()> {
    let running = RunningStack::start(tools, devstack::BUILT_TEMPLATE, &[], Progress).await?;
    let mut tests = Tests::on(tools, &running, &["--test", target])?;
    tests.command.envs(variables.iter().copied());
    tests.run().await
}

/// A test command for one stack.
#[derive(Debug)]
pub(crate) struct Tests {
    pub(crate) command: Command,
    // Deleted when the tests have ended.
    _outputs: NamedTempFile,
}

impl Tests {
    /// The tests selected by cargo's arguments, against a running stack.
    pub(crate) fn on(tools: &Tools, running: &RunningStack, which: &[&str]) -> Result<Self> {
        let RunningStack { emulator, stack, shop } = running;
        Self::of(tools, stack, shop.url(), emulator.port(), which)
    }

    /// The tests selected by cargo's arguments, against a stack on the emulator at a port.
    pub(crate) fn of(
        tools: &Tools,
        stack: &Stack,
        shop_url: &str,
        aws_port: u16,
        which: &[&str],
    ) -> Result<Self> {
        let outputs = NamedTempFile::new()?;
        serde_json::to_writer(&outputs, &stack.outputs.clone().with_shop_url(shop_url))?;
        let mut command = cargo_test(tools, which);
        command.env("E2E_OUTPUTS", outputs.path());
        devstack::set_aws_env(&mut command, aws_port);
        Ok(Self { command, _outputs: outputs })
    }

    pub(crate) async fn run(mut self) -> Result<()> {
        run(&mut self.command).await
    }
}

/// A port on which no stack listens: RFC 863 assigns it to the discard service.
const NO_STACK: u16 = 9;

/// Runs a test target that starts stacks itself.
pub(crate) async fn on_own_stacks(
    tools: &Tools,
    target: &str,
    arguments: &[String],
    variables: &[(&str, &OsStr)],
) -> Result<()> {
    let mut command = cargo_test(tools, &["--test", target, "--"]);
    command.args(arguments).envs(variables.iter().copied());
    run(devstack::set_aws_env(&mut command, NO_STACK)).await
}

/// The tests selected by cargo's arguments, against a stack anywhere, given the file with its
/// outputs. They have no binaries of the functions, so a test that runs one fails.
pub(crate) fn against(tools: &Tools, outputs: &Path, which: &[&str]) -> Command {
    let mut command = cargo_test(tools, which);
    command.env("E2E_OUTPUTS", outputs).env_remove("E2E_BINARIES");
    command
}

/// Uses the whole workspace's features, as earlier steps do: for `--package e2e` alone cargo would
/// compile the SDK again.
fn cargo_test(tools: &Tools, arguments: &[&str]) -> Command {
    let mut cargo = tools.cargo();
    cargo.args(["test", "--workspace", "--features", "e2e/stack"]).args(arguments);
    cargo
        .env("E2E_BINARIES", target_dir().join("lambda"))
        .env("E2E_OPS", target_dir().join("debug/ops"));
    cargo.env("ORDER_FANOUT_STACK", devstack::STACK_NAME);
    cargo
}

async fn run(command: &mut Command) -> Result<()> {
    let arguments: Vec<_> =
        command.as_std().get_args().map(|argument| argument.display().to_string()).collect();
    eprintln!("── End to end: cargo {}", arguments.join(" "));
    ProcessGroup::run("End to end", command).await
}
