//! The functions under `cargo lambda watch`: after an edit, the next event runs the new code.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, Lines};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::emulator;
use crate::ports::{invoke_address, invoke_url};
use crate::stack::Variables;
use crate::workspace::root;
use crate::{Emulator, ProcessGroup, Progress, Stack, Tools, functions, http, tcp};

/// A running `cargo lambda watch`.
#[derive(Debug)]
pub struct Watch {
    // Dropped first, so that the functions' errors during shutdown are not shown.
    _tasks: JoinSet<()>,
    process: ProcessGroup,
    port: u16,
}

/// Fragments of uninteresting lines that cargo and the runtime print for every instance. Several
/// cargo processes write at once, so lines may lose their beginnings.
const NOISE: [&str; 4] =
    ["waiting for file lock", "AWS_LAMBDA_MAX_CONCURRENCY", "`dev` profile [", "Running `"];
const FIRST_CALL_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(300);

impl Watch {
    /// Builds the functions once, so that no event waits for the compiler. It selects them by
    /// binary, as `cargo lambda watch` does: another selection would resolve other features and
    /// compile everything again.
    pub async fn prebuild(tools: &Tools, progress: Progress) -> Result<()> {
        let mut cargo = tools.cargo();
        cargo.arg("build").args(functions().iter().flat_map(|function| ["--bin", *function]));
        progress.command("Building the functions (about two minutes, once)", &mut cargo).await
    }

    /// Starts watching on a loopback port, with the environment of the deployed functions, and
    /// invokes each function once so that it is up before a queue delivers to it. Passes its output
    /// to `show`, line by line.
    pub async fn start(
        tools: &Tools,
        emulator: &Emulator,
        stack: &Stack,
        port: u16,
        progress: Progress,
        show: impl Fn(&str) + Send + Sync + Clone + 'static,
    ) -> Result<Self> {
        let mut cargo = tools.cargo();
        let address = invoke_address(port);
        cargo.args(["lambda", "watch", "--invoke-address", &address.ip().to_string()]);
        cargo.args(["--invoke-port", &address.port().to_string()]);
        // This is cargo-lambda's own log, not the functions'.
        emulator::set_aws_env(&mut cargo, emulator.port()).env("RUST_LOG", "off");
        // As Lambda does for the template's LogFormat.
        cargo.env("AWS_LAMBDA_LOG_FORMAT", "JSON");
        // Metrics documents would clutter the terminal.
        let Variables { common, tables } = stack.variables().await?;
        cargo.envs(common).env_remove("METRICS_NAMESPACE");
        cargo.envs(tables.iter().map(|(function, table)| (format!("TABLE_{function}"), table)));
        cargo.env(runner_variable(), root().join("tools/devstack/tools/run-function.sh"));
        let (process, stdout, stderr) = ProcessGroup::spawn_piped(&mut cargo)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(show_lines(stdout, show.clone()));
        tasks.spawn(show_lines(stderr, show));
        if address.is_ipv6() {
            let ipv4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            tasks.spawn(tcp::forward(ipv4, address));
        }
        let mut watch = Self { _tasks: tasks, process, port };
        progress.step("Starting the functions", async |_| watch.call_each_once().await).await?;
        Ok(watch)
    }

    /// Waits until it ends, which it never does by itself, and returns that as an error.
    pub async fn failure(&mut self) -> anyhow::Error {
        let status = self.process.wait().await;
        anyhow::anyhow!("cargo lambda watch ended ({status:?})")
    }

    async fn call_each_once(&mut self) -> Result<()> {
        let client = http::client();
        for function in functions() {
            let url = invoke_url(self.port, function);
            let start = Instant::now();
            while let Err(error) = http::post_json(&client, &url, &harmless_event(function)).await {
                if let Some(status) = self.process.has_ended() {
                    bail!("cargo lambda watch ended ({status})");
                }
                if start.elapsed() > FIRST_CALL_TIMEOUT {
                    return Err(error.context(format!("{function} does not start")));
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
        Ok(())
    }
}

/// The variable with which cargo runs binaries through a program.
fn runner_variable() -> String {
    let system = if cfg!(target_os = "macos") { "APPLE_DARWIN" } else { "UNKNOWN_LINUX_GNU" };
    format!("CARGO_TARGET_{}_{system}_RUNNER", std::env::consts::ARCH.to_uppercase())
}

/// An event without effects: a GET of the form, or an empty batch.
fn harmless_event(function: &str) -> Value {
    match function {
        "orders" => json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": {},
            "requestContext": { "http": { "method": "GET", "path": "/" }, "stage": "$default", "timeEpoch": 0 },
            "isBase64Encoded": false
        }),
        _ => json!({ "Records": [] }),
    }
}

async fn show_lines(mut lines: Lines<impl AsyncBufRead + Unpin>, show: impl Fn(&str)) {
    while let Ok(Some(line)) = lines.next_line().await {
        if !NOISE.iter().any(|noise| line.contains(noise)) {
            show(&line);
        }
    }
}
