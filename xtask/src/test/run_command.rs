//! Tests `cargo xtask run` as a user runs it.

use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, iter};

use anyhow::{Context, Result, bail, ensure};
use devstack::{ProcessGroup, Progress, Tools, functions};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::io::{AsyncBufRead, BufReader, Lines};
use tokio::process::ChildStdout;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::stack::Tests;

/// One order, through the whole pipeline.
const FAN_OUT: &[&str] = &["--test", "pipeline", "fan_out"];
const UP_WITHIN: Duration = Duration::from_secs(900);
const DOWN_WITHIN: Duration = Duration::from_secs(30);
/// It compiles first.
const CONSOLE_WITHIN: Duration = Duration::from_secs(600);
const SHOWN_WITHIN: Duration = Duration::from_secs(10);
const GONE_WITHIN: Duration = Duration::from_secs(5);
const UNPOISONED: &str = "nobody panics while holding it";
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Runs `cargo xtask run` with watched functions: it starts, an order passes through all functions,
/// their logs are shown, every sample invocation works, and Ctrl-C leaves no process behind.
pub(super) async fn watched(tools: &Tools) -> Result<()> {
    let invoke_port = devstack::free_port()?;
    let run = RunningCommand::start(tools, &["--invoke-port", &invoke_port.to_string()]).await?;
    run.carries_orders_out(tools).await?;
    run.has_a_console().await?;
    for function in functions().iter().copied() {
        let samples = if subscribers().contains(&function) { "subscriber" } else { function };
        invoke_samples(tools, function, samples, invoke_port).await?;
    }
    run.ends_on_ctrl_c().await
}

/// The same with the release binaries, which the emulator runs itself. It must end with a message
/// when the stack is deleted.
pub(super) async fn built(tools: &Tools) -> Result<()> {
    let run = RunningCommand::start(tools, &["--built"]).await?;
    run.carries_orders_out(tools).await?;
    run.has_a_console().await?;
    run.ends_with_its_stack(tools).await
}

/// A running `cargo xtask run`.
pub(super) struct RunningCommand {
    process: ProcessGroup,
    port: u16,
    pub(super) aws_port: u16,
    console_port: u16,
    shown: Arc<Mutex<Vec<String>>>,
    keeping: [JoinHandle<()>; 2],
}

impl RunningCommand {
    pub(super) async fn start(tools: &Tools, options: &[&str]) -> Result<Self> {
        // On Linux, processes that the command leaves behind become children of this process, where
        // the test finds them.
        #[cfg(target_os = "linux")]
        nix::sys::prctl::set_child_subreaper(true)?;
        let (port, aws_port) = (devstack::free_port()?, devstack::free_port()?);
        let console_port = devstack::free_port()?;
        let mut run = tools.cargo();
        run.args(["xtask", "run", "--port", &port.to_string()]);
        run.args(["--aws-port", &aws_port.to_string()]);
        run.args(["--console-port", &console_port.to_string()]).args(options);
        let options = options.join(" ");
        eprintln!("── Run: cargo xtask run --port {port} --aws-port {aws_port} {options}");
        let (process, mut output, errors) = ProcessGroup::spawn_piped(&mut run)?;
        let shown = Arc::<Mutex<Vec<_>>>::default();
        let errors = tokio::spawn(keep(errors, Arc::clone(&shown), |line| eprintln!("{line}")));
        timeout(UP_WITHIN, until_up(&mut output))
            .await
            .context("cargo xtask run did not come up")??;
        let output = tokio::spawn(keep(output, Arc::clone(&shown), |_| {}));
        Ok(Self { process, port, aws_port, console_port, shown, keeping: [errors, output] })
    }

    async fn carries_orders_out(&self, tools: &Tools) -> Result<()> {
        let stack = devstack::stack(tools, self.aws_port, Progress).await?;
        Tests::of(tools, &stack, &self.shop(), self.aws_port, FAN_OUT)?.run().await?;
        let shows = async |words: [&str; 2]| {
            let has_all_words = |line: &String| words.iter().all(|word| line.contains(word));
            while !self.shown.lock().expect(UNPOISONED).iter().any(has_all_words) {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        let receivers = receivers_of_fan_out()?;
        let done = receivers.into_iter().map(|subscriber| [subscriber, "done"]);
        for words in iter::once(["orders", "placed"]).chain(done) {
            let seen = timeout(SHOWN_WITHIN, shows(words)).await;
            seen.with_context(|| {
                format!("cargo xtask run does not show that {} logged {}", words[0], words[1])
            })?;
        }
        Ok(())
    }

    /// Waits until the console shows the stack.
    async fn has_a_console(&self) -> Result<()> {
        let url = format!("http://localhost:{}", self.console_port);
        let shows_the_stack = async {
            while !devstack::page(&url).await.is_ok_and(|page| page.contains("FulfilmentTable")) {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        timeout(CONSOLE_WITHIN, shows_the_stack)
            .await
            .with_context(|| format!("the console at {url} does not show the stack"))
    }

    pub(super) fn shop(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(super) async fn ends_on_ctrl_c(mut self) -> Result<()> {
        let id = self.process.process_id().context("cargo xtask run is up")?;
        let before = self.shown.lock().expect(UNPOISONED).len();
        kill(Pid::from_raw(id.try_into()?), Signal::SIGINT)?;
        let (status, shown) = self.end().await?;
        ensure!(status.success(), "cargo xtask run ended with {status} after Ctrl-C");
        let is_failure = |line: &&String| {
            let words = ["error", "Error", "ERROR"];
            // The samples include poison messages, which the functions log as errors.
            words.iter().any(|word| line.contains(word)) && !line.contains("outcome=\"poison\"")
        };
        let failure = shown[before..].iter().find(is_failure);
        ensure!(failure.is_none(), "Ctrl-C is no failure: {failure:?}");
        let panicked = shown.iter().find(|line| line.contains("panicked"));
        ensure!(panicked.is_none(), "a function panicked: {panicked:?}");
        nothing_left().await
    }

    async fn ends_with_its_stack(mut self, tools: &Tools) -> Result<()> {
        let mut delete = tools.command("sam");
        delete
            .args(["delete", "--no-prompts", "--config-env", "local"])
            .current_dir(devstack::root());
        Progress
            .command("Deleting the stack", devstack::set_aws_env(&mut delete, self.aws_port))
            .await?;
        let (status, shown) = self.end().await?;
        ensure!(
            !status.success(),
            "cargo xtask run ended with {status} after its stack was deleted"
        );
        let says_why =
            shown.iter().any(|line| line.contains("was deleted; start `cargo xtask run` again"));
        ensure!(says_why, "it does not say why: {shown:#?}");
        nothing_left().await
    }

    /// Waits until it has ended, and returns its exit status and output.
    async fn end(&mut self) -> Result<(ExitStatus, Vec<String>)> {
        let ended = async {
            let status = self.process.wait().await?;
            for keeping in &mut self.keeping {
                keeping.await?;
            }
            anyhow::Ok(status)
        };
        let status = timeout(DOWN_WITHIN, ended).await;
        let status = status.context("cargo xtask run, or what it started, did not end")??;
        let shown = std::mem::take(&mut *self.shown.lock().expect(UNPOISONED));
        let coloured = shown.iter().find(|line| line.contains('\u{1b}'));
        ensure!(coloured.is_none(), "a line has colours though no terminal shows it: {coloured:?}");
        Ok((status, shown))
    }
}

async fn keep(
    mut lines: Lines<impl AsyncBufRead + Unpin>,
    shown: Arc<Mutex<Vec<String>>>,
    also: impl Fn(&str),
) {
    while let Ok(Some(line)) = lines.next_line().await {
        also(&line);
        shown.lock().expect(UNPOISONED).push(line);
    }
}

async fn until_up(output: &mut Lines<BufReader<ChildStdout>>) -> Result<()> {
    while let Some(line) = output.next_line().await? {
        if line.starts_with("Ctrl-C ends it") {
            return Ok(());
        }
    }
    bail!("cargo xtask run ended before it was up")
}

/// The functions that receive orders from a queue: all but two.
fn subscribers() -> Vec<&'static str> {
    let others = ["orders", "outbox-relay"];
    functions().iter().copied().filter(|function| !others.contains(function)).collect()
}

/// The subscribers that certainly receive an order of [`FAN_OUT`]: promotion, whose coupons it
/// tests, and those without a filter.
fn receivers_of_fan_out() -> Result<Vec<&'static str>> {
    let template = devstack::expanded_template()?;
    let is_unfiltered = |function: &str| {
        let subscription = devstack::resource(function).replace("Function", "Subscription");
        template["Resources"][subscription]["Properties"]["FilterPolicy"].is_null()
    };
    let mut receivers = subscribers();
    receivers.retain(|function| *function == "promotion" || is_unfiltered(function));
    Ok(receivers)
}

/// Invokes a function with every sample of a folder of `events/`.
async fn invoke_samples(
    tools: &Tools,
    function: &str,
    folder: &str,
    invoke_port: u16,
) -> Result<()> {
    let mut samples = fs::read_dir(devstack::root().join("events").join(folder))?
        .collect::<Result<Vec<_>, _>>()?;
    samples.sort_by_key(fs::DirEntry::path);
    ensure!(!samples.is_empty(), "events/{folder} has no samples");
    for sample in samples {
        let mut invoke = tools.cargo();
        invoke.args(["lambda", "invoke", function, "--invoke-port", &invoke_port.to_string()]);
        // The usual spelling; `cargo lambda invoke` itself tries IPv6 first.
        if function == "orders" {
            invoke.args(["--invoke-address", "127.0.0.1"]);
        }
        let what = format!("Invoking {function} with {}", sample.file_name().display());
        Progress.command(&what, invoke.arg("--data-file").arg(sample.path())).await?;
    }
    Ok(())
}

async fn nothing_left() -> Result<()> {
    let start = Instant::now();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(()),
            Ok(WaitStatus::StillAlive) if start.elapsed() < GONE_WITHIN => {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            Ok(WaitStatus::StillAlive) => {
                let left =
                    fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id()))?;
                bail!("cargo xtask run left processes behind: {left}");
            }
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
