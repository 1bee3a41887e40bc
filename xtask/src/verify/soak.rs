//! `cargo xtask verify soak`.

use anyhow::Result;
use devstack::{Progress, Tools};

use crate::test::stack;

/// Options of `cargo xtask verify soak`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The number of orders that customers try to place.
    #[arg(long, default_value_t = 50_000)]
    orders: u32,
    /// The random seed of the faults (default: a new one).
    #[arg(long)]
    seed: Option<u64>,
    /// Stop placing orders after this many minutes.
    #[arg(long, default_value_t = 90)]
    minutes: u64,
}

pub(super) const FILE: &str = "soak.json";

pub(super) async fn run(
    tools: &Tools,
    Options { orders, seed, minutes }: &Options,
    commit: &str,
) -> Result<()> {
    devstack::build(tools, Progress).await?;
    stack::build_ops(tools).await?;
    let mut options = vec![format!("--orders={orders}"), format!("--minutes={minutes}")];
    options.extend(["--clock-steps", "--one-in=15"].map(str::to_owned));
    options.extend(seed.map(|seed| format!("--seed={seed}")));
    super::keep_counts(tools, "soak", &options, FILE, commit).await
}
