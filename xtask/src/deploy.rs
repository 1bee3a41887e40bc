//! `cargo xtask deploy`: to the caller's AWS account.

use anyhow::Result;
use devstack::{Progress, Tools};

/// Options of `cargo xtask deploy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Arguments of `sam deploy`, such as `--config-env prod`. With `--replace-queues` the queues are
    /// replaced if the parameter Fifo has changed; drain them first: see docs/guides/fifo.md.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "SAM ARGUMENTS")]
    arguments: Vec<String>,
}

pub(crate) async fn deploy(Options { arguments }: Options) -> Result<()> {
    let tools = Tools::install(Progress).await?;
    devstack::deploy_to_aws(&tools, &arguments).await
}
