//! Runs a release `bootstrap` as Lambda does: serves the Runtime API on loopback, sends one event
//! at a time, and owns the process.

mod runtime_api;

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use runtime_api::Refusal;
use runtime_api::{Invocation, RuntimeApi};

/// A started function. Its process is killed when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    process: Child,
    api: RuntimeApi,
    init: Duration,
    function_timeout: Duration,
    log: Arc<Mutex<Vec<String>>>,
    outputs: [JoinHandle<()>; 2],
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered with this.
    Response(Bytes),
    /// The function reported this error to the Runtime API.
    Error(Bytes),
}

/// An invocation that has ended.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// How it ended.
    pub outcome: Outcome,
    /// The time from sending the event until the whole outcome arrived.
    pub took: Duration,
}

/// The time Lambda gives a function to start.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

impl Sandbox {
    /// Starts a bootstrap with only `variables` and Lambda's own variables in its environment, and
    /// waits until it asks for its first event. `variables` override Lambda's.
    pub async fn start(
        bootstrap: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
        function_timeout: Duration,
    ) -> Result<Self> {
        Self::start_command(&mut Command::new(bootstrap), variables, function_timeout).await
    }

    /// Starts a function that is not a bootstrap: an interpreter, or a tool that runs the
    /// bootstrap.
    pub async fn start_command(
        command: &mut Command,
        variables: impl IntoIterator<Item = (String, String)>,
        function_timeout: Duration,
    ) -> Result<Self> {
        let api = RuntimeApi::serve().await?;
        command.env_clear().envs(lambda_variables(&api.address)).envs(variables);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let program = command.as_std().get_program().to_owned();
        let start = Instant::now();
        let mut process =
            command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        let log = Arc::default();
        let stdout = keep_lines(
            process.stdout.take().context("standard output is piped")?,
            Arc::clone(&log),
        );
        let stderr =
            keep_lines(process.stderr.take().context("standard error is piped")?, Arc::clone(&log));
        let outputs = [tokio::spawn(stdout), tokio::spawn(stderr)];

        let mut sandbox =
            Self { process, api, init: Duration::ZERO, function_timeout, log, outputs };
        let Self { process, api, .. } = &mut sandbox;
        let ready = tokio::select! {
            ready = timeout(INIT_TIMEOUT, api.idle()) => ready.context("it did not ask for an event in 10 s")??,
            status = process.wait() => bail!("it ended before its first event ({status:?}): {:?}", sandbox.log()),
        };
        sandbox.init = ready - start;
        Ok(sandbox)
    }

    /// The time from starting the process until it asked for its first event.
    #[must_use]
    pub fn init(&self) -> Duration {
        self.init
    }

    /// Its process id, or `None` once it has ended.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Waits until it asks for the next event, when all work between events is done.
    pub async fn idle(&mut self) -> Result<()> {
        tokio::select! {
            idle = timeout(self.function_timeout, self.api.idle()) => idle.context("it asks for no event")?.map(drop),
            status = self.process.wait() => bail!("the function ended ({status:?}): {:?}", self.log()),
        }
    }

    /// Whether it is waiting for an event.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.api.is_idle()
    }

    /// Refuses all further responses of the function, as a broken Runtime API would.
    pub fn refuse_responses(&self, refusal: Refusal) {
        self.api.refuse_responses(refusal);
    }

    /// Sends one event and waits for its outcome. Fails when the function ends or exceeds its
    /// timeout, at which Lambda would kill it.
    pub async fn invoke(&mut self, event: impl Into<Bytes>) -> Result<Outcome> {
        Ok(self.invoke_timed(event).await?.outcome)
    }

    /// Like [`Self::invoke`], and returns the duration as well.
    pub async fn invoke_timed(&mut self, event: impl Into<Bytes>) -> Result<Invoked> {
        let (sender, invoked) = oneshot::channel();
        self.api.hand_over(Invocation {
            event: event.into(),
            invoked: sender,
            function_timeout: self.function_timeout,
        })?;
        tokio::select! {
            invoked = timeout(self.function_timeout, invoked) => Ok(invoked.context("the function ran out of its time")??),
            status = self.process.wait() => bail!("the function ended ({status:?}): {:?}", self.log()),
        }
    }

    /// The lines that it has written to standard output and standard error so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panics while holding the log").clone()
    }

    /// Kills it, and returns all its output. Output between two events may arrive after the second
    /// event's outcome; after the end it is complete.
    pub async fn end(mut self) -> Result<Vec<String>> {
        self.process.kill().await?;
        self.remaining_output().await
    }

    /// Sends SIGTERM, for a tool that prints its result at the end, and returns all its output.
    pub async fn terminate(mut self) -> Result<Vec<String>> {
        let id = self.process.id().context("it has ended")?;
        kill(Pid::from_raw(id.try_into()?), Signal::SIGTERM)?;
        self.process.wait().await?;
        self.remaining_output().await
    }

    async fn remaining_output(mut self) -> Result<Vec<String>> {
        for output in &mut self.outputs {
            output.await?;
        }
        Ok(self.log())
    }
}

fn lambda_variables(address: &str) -> [(&'static str, String); 5] {
    [
        ("AWS_LAMBDA_RUNTIME_API", address.to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", "under-test".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
    ]
}

async fn keep_lines(output: impl AsyncRead + Unpin, log: Arc<Mutex<Vec<String>>>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().expect("nobody panics while holding the log").push(line);
    }
}
