//! The operator's command, as an operator has it.

use std::env;
use std::process::Output;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// Runs the binary that `E2E_OPS` names against the stack on the emulator on a port, and gives its output, whatever it
/// ends with.
pub async fn ops(aws_port: u16, arguments: &[&str]) -> Result<Output> {
    let binary = env::var("E2E_OPS").context("E2E_OPS names the operator's command")?;
    let mut ops = Command::new(binary);
    ops.args(["--local", "--aws-port", &aws_port.to_string()]).args(arguments);
    Ok(ops.kill_on_drop(true).output().await?)
}

/// Has every dead-letter queue redriven.
pub async fn redrive_all(aws_port: u16) -> Result<()> {
    for dlq in ["fulfilment", "promotion", "fulfilment-subscription", "promotion-subscription"] {
        let done = ops(aws_port, &["dlq", "redrive", dlq]).await?;
        ensure!(done.status.success(), "ops dlq redrive {dlq}: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}
