//! Runs the `ops` command as an operator does.

use std::env;
use std::process::Stdio;

use devstack::FaultProxy;
use serde_json::Value;
use tokio::process::Command;

use crate::Deployment;
use crate::deployment::ENDPOINT;

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs the binary that `E2E_OPS` names on the stack that `ORDER_FANOUT_STACK` names, without a
/// terminal.
pub async fn ops(arguments: &[&str]) -> Ran {
    ops_with(&[], arguments).await
}

/// Like [`ops`], but the command reaches AWS through a proxy.
pub async fn ops_behind(proxy: &FaultProxy, arguments: &[&str]) -> Ran {
    ops_with(&[(ENDPOINT, proxy.url())], arguments).await
}

/// Like [`ops`], on a stack that the test runs itself.
pub async fn ops_on(shop: &Deployment, arguments: &[&str]) -> Ran {
    let endpoint: Vec<_> = shop.endpoint.iter().map(|endpoint| (ENDPOINT, &**endpoint)).collect();
    ops_with(&endpoint, arguments).await
}

async fn ops_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let binary = env::var("E2E_OPS")
        .expect("E2E_OPS names the operator's command, as `cargo build -p ops` made it");
    let mut command = Command::new(binary);
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    let output = command.output().await.expect("the operator's command runs");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    let code = output.status.code().expect("no signal ended it");
    Ran { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Deployment {
    /// Redrives every dead-letter queue of this stack.
    pub async fn redrive_all(&self) {
        for subscriber in self.subscribers() {
            let dlq = subscriber.function;
            let subscription_dlq = format!("{dlq}-subscription");
            for dlq in [dlq, subscription_dlq] {
                ops_on(self, &["dlq", "redrive", &dlq]).await.assert_code(0);
            }
        }
    }
}

impl Ran {
    /// The JSON objects that it printed with `--json`.
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        let object =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(object).collect()
    }

    /// The objects whose field has this text.
    #[must_use]
    pub fn objects_with(&self, field: &str, value: &str) -> Vec<Value> {
        self.objects().into_iter().filter(|object| object[field] == value).collect()
    }

    /// Asserts the exit code, and shows all output if it differs.
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
    }
}
