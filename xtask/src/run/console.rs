//! The console of a run: `ops console`, compiled while the shop is already up.

use std::convert::Infallible;

use anyhow::{Result, bail, ensure};
use devstack::{ProcessGroup, Tools};
use tokio::io::{AsyncBufRead, Lines};
use tokio::process::Command;

use super::screen::Screen;

/// Runs the console. If it fails, says why; the stack goes on without it.
pub(super) async fn run(tools: &Tools, screen: &Screen, port: u16, aws_port: u16) -> Infallible {
    let Err(error) = until_it_fails(tools, screen, port, aws_port).await;
    screen.show(&format!("The run goes on without its console: {error:#}"));
    std::future::pending().await
}

/// Compiles `ops`, and runs the console until it fails.
async fn until_it_fails(
    tools: &Tools,
    screen: &Screen,
    port: u16,
    aws_port: u16,
) -> Result<Infallible> {
    let mut build = tools.cargo();
    build.args(["build", "--quiet", "--workspace", "--bin", "ops"]);
    let (mut building, _output, errors) = ProcessGroup::spawn_piped(&mut build)?;
    show(errors, screen).await;
    let status = building.wait().await?;
    ensure!(status.success(), "the console cannot be compiled ({status})");

    let mut command = Command::new(devstack::target_dir().join("debug/ops"));
    command.args(["console", "--local", "--allow-changes", "--port", &port.to_string()]);
    command.args(["--aws-port", &aws_port.to_string()]);
    let (mut console, _output, errors) = ProcessGroup::spawn_piped(&mut command)?;
    show(errors, screen).await;
    bail!("the console ended ({})", console.wait().await?)
}

async fn show(mut lines: Lines<impl AsyncBufRead + Unpin>, screen: &Screen) {
    while let Ok(Some(line)) = lines.next_line().await {
        screen.show(&line);
    }
}
