//! Runs a release `bootstrap` as Lambda does: it serves the Runtime API on loopback, hands over one event at a time,
//! and owns the process.

mod runtime_api;

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
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

/// The time Lambda gives a function to start.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

impl Sandbox {
    /// Starts a bootstrap with nothing in its environment but `variables` and what Lambda itself sets, and waits until
    /// it asks for its first event. Of Lambda's variables too, those in `variables` win.
    pub async fn start(
        bootstrap: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
        function_timeout: Duration,
    ) -> Result<Self> {
        let api = RuntimeApi::serve().await?;
        let mut command = Command::new(bootstrap);
        command.env_clear().envs(lambda_variables(&api.address)).envs(variables);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().with_context(|| format!("{} cannot be started", bootstrap.display()))?;
        let log = Arc::default();
        let stdout = keep_lines(process.stdout.take().context("standard output is piped")?, Arc::clone(&log));
        let stderr = keep_lines(process.stderr.take().context("standard error is piped")?, Arc::clone(&log));
        let outputs = [tokio::spawn(stdout), tokio::spawn(stderr)];

        let mut sandbox = Self { process, api, function_timeout, log, outputs };
        let Self { process, api, .. } = &mut sandbox;
        tokio::select! {
            ready = timeout(INIT_TIMEOUT, api.first_poll()) => ready.context("it did not ask for an event in 10 s")??,
            status = process.wait() => bail!("it ended before its first event ({status:?}): {:?}", sandbox.log()),
        }
        Ok(sandbox)
    }

    /// Hands over one event and waits for its outcome; an error when the function ends or runs out of its time, as
    /// Lambda would kill it then.
    pub async fn invoke(&mut self, event: impl Into<Bytes>) -> Result<Outcome> {
        let (sender, outcome) = oneshot::channel();
        self.api.hand_over(Invocation {
            event: event.into(),
            outcome: sender,
            function_timeout: self.function_timeout,
        })?;
        tokio::select! {
            outcome = timeout(self.function_timeout, outcome) => Ok(outcome.context("the function ran out of its time")??),
            status = self.process.wait() => bail!("the function ended ({status:?}): {:?}", self.log()),
        }
    }

    /// What it wrote to standard output and standard error so far, line by line.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panics while holding the log").clone()
    }

    /// Ends it, and gives all that it wrote. What it writes between two events may come in after the second one's
    /// outcome; after its end nothing does.
    pub async fn end(mut self) -> Result<Vec<String>> {
        self.process.kill().await?;
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
