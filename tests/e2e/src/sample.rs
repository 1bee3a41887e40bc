//! The sample invocations of `events/`, on release binaries run as Lambda runs them: as processes
//! or in containers.

use std::env;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::{Deployment, fixture};

/// If set, samples are invoked by `sam local invoke`, in containers. It names the SAM CLI
/// configuration that lets them reach the stack; the SAM CLI must be on the path.
const CONTAINERS: &str = "E2E_SAM_CONFIG";

impl Deployment {
    /// Sends a sample, such as `subscriber/one-order.json`, to a new instance of a function, and
    /// returns the response.
    pub async fn answer_to(&self, function: &str, sample: &str) -> Value {
        match env::var(CONTAINERS) {
            Ok(config) => in_a_container(function, sample, &config).await,
            Err(_) => self.start(function, &[]).await.invoke(&fixture(sample)).await,
        }
    }
}

async fn in_a_container(function: &str, sample: &str, config: &str) -> Value {
    let mut sam = Command::new("sam");
    sam.args(["local", "invoke", "--config-file", config, "--event", &format!("events/{sample}")]);
    sam.arg(devstack::resource(function))
        .current_dir(devstack::root())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    sam.env("SAM_CLI_TELEMETRY", "0");
    let output = sam.output().await.expect("the SAM CLI is on the path");
    // Logs of the function and the SAM CLI; standard output has only the response.
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sample}: {log}");
    let answer = serde_json::from_slice(&output.stdout);
    answer.unwrap_or_else(|error| {
        panic!("{sample}: {error}: {}\n{log}", String::from_utf8_lossy(&output.stdout))
    })
}
