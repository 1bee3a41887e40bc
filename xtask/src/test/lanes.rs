//! The slow lanes of `cargo xtask test --all`.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use local::{FUNCTIONS, Group, Progress, Tools};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;
use tokio::time::timeout;

use super::stack;

const UP_WITHIN: Duration = Duration::from_secs(900);
const DOWN_WITHIN: Duration = Duration::from_secs(30);
const GONE_WITHIN: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// `cargo xtask run` as a user has it: it comes up, an order goes all the way through the functions it watches, every
/// sample invocation works on them, and after Ctrl-C nothing of it is left.
pub(crate) async fn watch(tools: &Tools) -> Result<()> {
    // Whatever the command leaves behind becomes a child of this process, where it can be found.
    nix::sys::prctl::set_child_subreaper(true).context("only Linux can tell what a command leaves behind")?;
    let [port, aws_port, invoke_port] = [local::free_port()?, local::free_port()?, local::free_port()?];
    eprintln!("── Watch: cargo xtask run --port {port} --aws-port {aws_port} --invoke-port {invoke_port}");
    let mut run = tools.cargo();
    run.args(["xtask", "run", "--port", &port.to_string(), "--aws-port", &aws_port.to_string()]);
    run.args(["--invoke-port", &invoke_port.to_string()]).stdout(Stdio::piped());
    let mut run = Group::spawn(&mut run)?;
    let mut output = BufReader::new(run.child().stdout.take().context("standard output is piped")?).lines();
    timeout(UP_WITHIN, until_up(&mut output)).await.context("cargo xtask run did not come up")??;
    tokio::spawn(async move {
        while let Ok(Some(line)) = output.next_line().await {
            println!("{line}");
        }
    });

    let stack = local::stack(tools, aws_port, Progress).await?;
    stack::run_tests(tools, stack, &format!("http://localhost:{port}"), aws_port, "fan_out").await?;
    for function in FUNCTIONS {
        invoke_samples(tools, function, invoke_port).await?;
    }

    let id = run.child().id().context("cargo xtask run is up")?;
    kill(Pid::from_raw(id.try_into()?), Signal::SIGINT)?;
    let status = timeout(DOWN_WITHIN, run.wait()).await.context("cargo xtask run did not end after Ctrl-C")??;
    ensure!(status.success(), "cargo xtask run ended with {status} after Ctrl-C");
    nothing_left().await
}

async fn until_up(output: &mut Lines<BufReader<ChildStdout>>) -> Result<()> {
    while let Some(line) = output.next_line().await? {
        println!("{line}");
        if line.starts_with("Ctrl-C ends it") {
            return Ok(());
        }
    }
    bail!("cargo xtask run ended before it was up")
}

async fn invoke_samples(tools: &Tools, function: &str, invoke_port: u16) -> Result<()> {
    let mut samples = fs::read_dir(local::root().join("events").join(function))?.collect::<Result<Vec<_>, _>>()?;
    samples.sort_by_key(fs::DirEntry::path);
    ensure!(!samples.is_empty(), "events/{function} has no samples");
    for sample in samples {
        let mut invoke = tools.cargo();
        invoke.args(["lambda", "invoke", function, "--invoke-port", &invoke_port.to_string(), "--data-file"]);
        let what = format!("Invoking {function} with {}", sample.file_name().display());
        Progress.command(&what, invoke.arg(sample.path())).await?;
    }
    Ok(())
}

async fn nothing_left() -> Result<()> {
    let start = Instant::now();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(()),
            Ok(WaitStatus::StillAlive) if start.elapsed() < GONE_WITHIN => tokio::time::sleep(LOOK_AGAIN).await,
            Ok(WaitStatus::StillAlive) => {
                let left = fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id()))?;
                bail!("cargo xtask run left processes behind: {left}");
            }
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
