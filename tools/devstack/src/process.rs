//! Child processes that are cleaned up with all their descendants.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// A child process in its own process group. When this is dropped, the whole group gets a SIGTERM,
/// and a SIGKILL if it does not end.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    id: Pid,
}

type Output = Lines<BufReader<ChildStdout>>;
type Errors = Lines<BufReader<ChildStderr>>;

/// How long a group may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait for a group after it was killed.
const MERCY: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

impl ProcessGroup {
    /// Starts the command in a new group, its standard input closed.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.as_std().get_program().to_owned();
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        let child = child.with_context(|| format!("{} cannot be started", name.display()))?;
        let id = child.id().context("the child is gone before it was waited for")?;
        Ok(Self { child, id: Pid::from_raw(id.try_into()?) })
    }

    /// Starts the command in a new group, and returns the lines of its standard output and its
    /// standard error as well.
    pub fn spawn_piped(command: &mut Command) -> Result<(Self, Output, Errors)> {
        let mut group = Self::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let output = group.child.stdout.take().context("standard output is piped")?;
        let errors = group.child.stderr.take().context("standard error is piped")?;
        Ok((group, BufReader::new(output).lines(), BufReader::new(errors).lines()))
    }

    /// Runs a command to its end with inherited output. `what` names it in the error.
    pub async fn run(what: &str, command: &mut Command) -> Result<()> {
        let status = Self::spawn(command)?.wait().await?;
        ensure!(status.success(), "{what} failed ({status})");
        Ok(())
    }

    /// The child's process id, or `None` once it has ended.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends SIGTERM to the child and waits until it has ended.
    pub async fn end(&mut self) -> Result<ExitStatus> {
        kill(self.id, Signal::SIGTERM).context("it ended before it was asked to")?;
        self.wait().await
    }

    /// Waits until the child ends.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// The exit status, if the child has ended.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let start = Instant::now();
        // The group is gone when no signal can be sent to it. Its leader must be reaped first;
        // zombies with another parent are not waited for.
        while start.elapsed() < PATIENCE + MERCY {
            let signal = if start.elapsed() < PATIENCE { Signal::SIGTERM } else { Signal::SIGKILL };
            if killpg(self.id, signal).is_err() {
                break;
            }
            let _ = self.child.try_wait();
            std::thread::sleep(POLL_INTERVAL);
        }
        let _ = self.child.try_wait();
    }
}
