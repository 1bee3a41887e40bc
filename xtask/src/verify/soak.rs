//! `cargo xtask verify soak`.

use std::fs;

use anyhow::{Context, Result};
use devstack::{Progress, Tools};
use serde::{Deserialize, Serialize};

use crate::test::stack;

/// Options of `cargo xtask verify soak`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The number of orders that customers try to place.
    #[arg(long, default_value_t = 20_000)]
    orders: u32,
    /// The random seed of the faults (default: a new one).
    #[arg(long)]
    seed: Option<u64>,
    /// Stop placing orders after this many minutes.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

/// The soak's own report, as it was printed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Soak {
    pub(super) rows: Vec<(String, String)>,
}

pub(super) const FILE: &str = "soak.json";

pub(super) async fn run(
    tools: &Tools,
    Options { orders, seed, minutes }: &Options,
    commit: &str,
) -> Result<()> {
    devstack::build(tools, Progress).await?;
    stack::build_ops(tools).await?;
    let report = tempfile::NamedTempFile::new()?;
    let mut arguments = vec![
        "--orders".to_owned(),
        orders.to_string(),
        "--minutes".to_owned(),
        minutes.to_string(),
    ];
    arguments.extend(seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
    arguments.extend([
        "--report".to_owned(),
        report.path().to_str().context("a path of text")?.to_owned(),
    ]);
    let outcome = stack::on_own_stacks(tools, "soak", &arguments, &[]).await;
    let rows = fs::read_to_string(report.path())?;
    outcome?;
    super::keep(
        FILE,
        commit,
        &Soak { rows: serde_json::from_str(&rows).context("the soak left no report")? },
    )
}
