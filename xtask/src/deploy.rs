//! `cargo xtask deploy`: to the caller's AWS account.

use anyhow::Result;
use devstack::{Progress, Tools};

/// Options of `cargo xtask deploy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Replace the queues if the parameter Fifo has changed. Drain them first: see
    /// docs/guides/fifo.md.
    #[arg(long)]
    replace_queues: bool,
    /// Arguments of `sam deploy`, such as `--config-env prod`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "SAM ARGUMENTS")]
    sam: Vec<String>,
}

pub(crate) async fn deploy(Options { replace_queues, sam }: Options) -> Result<()> {
    let tools = Tools::install(Progress).await?;
    devstack::deploy_to_aws(&tools, replace_queues, &sam).await
}
