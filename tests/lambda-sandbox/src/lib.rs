//! Runs a release `bootstrap` as Lambda does: it serves the Runtime API on loopback, hands over one
//! event at a time, and owns the process.

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
    /// The time from handing the event over until the whole outcome was there.
    pub took: Duration,
}

/// The time Lambda gives a function to start.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

impl Sandbox {
    /// Starts a bootstrap with nothing in its environment but `variables` and what Lambda itself
    /// sets, and waits until it asks for its first event. Of Lambda's variables too, those in
    /// `variables` win.
    pub async fn start(
        bootstrap: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
        function_timeout: Duration,
    ) -> Result<Self> {
        Self::start_command(&mut Command::new(bootstrap), variables, function_timeout).await
    }

    /// Starts a function that is not one bootstrap: an interpreter, or a tool that looks into the
    /// bootstrap it runs.
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

    /// Its process; none when it has ended.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Waits until it asks for the next event: it has done then whatever it does between two.
    pub async fn idle(&mut self) -> Result<()> {
        tokio::select! {
            idle = timeout(self.function_timeout, self.api.idle()) => idle.context("it asks for no event")?.map(drop),
            status = self.process.wait() => bail!("the function ended ({status:?}): {:?}", self.log()),
        }
    }

    /// Hands over one event and waits for its outcome; an error when the function ends or runs out
    /// of its time, as Lambda would kill it then.
    pub async fn invoke(&mut self, event: impl Into<Bytes>) -> Result<Outcome> {
        Ok(self.invoke_timed(event).await?.outcome)
    }

    /// Like [`Self::invoke`], and says how long it took.
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

    /// What it wrote to standard output and standard error so far, line by line.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panics while holding the log").clone()
    }

    /// Ends it, and gives all that it wrote. What it writes between two events may come in after
    /// the second one's outcome; after its end nothing does.
    pub async fn end(mut self) -> Result<Vec<String>> {
        self.process.kill().await?;
        self.last_words().await
    }

    /// Asks it to end, for a tool that has something to say in the end, and gives all that it
    /// wrote.
    pub async fn terminate(mut self) -> Result<Vec<String>> {
        let id = self.process.id().context("it has ended")?;
        kill(Pid::from_raw(id.try_into()?), Signal::SIGTERM)?;
        self.process.wait().await?;
        self.last_words().await
    }

    async fn last_words(mut self) -> Result<Vec<String>> {
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
