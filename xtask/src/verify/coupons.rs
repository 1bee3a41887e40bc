//! `cargo xtask verify coupons`: pairs of orders race for one coupon each.

use std::fs;

use anyhow::{Context, Result};
use devstack::{Progress, Tools};
use serde::{Deserialize, Serialize};

use crate::test::stack;

/// Options of `cargo xtask verify coupons`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The number of pairs.
    #[arg(long, default_value_t = 1_000)]
    pairs: u32,
}

/// The test's own report, as it was printed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Coupons {
    pub(super) rows: Vec<(String, String)>,
}

pub(super) const FILE: &str = "coupons.json";

pub(super) async fn run(tools: &Tools, Options { pairs }: &Options, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    let report = tempfile::NamedTempFile::new()?;
    let path = report.path().to_str().context("a path of text")?.to_owned();
    let arguments = ["--pairs".to_owned(), pairs.to_string(), "--report".to_owned(), path];
    let outcome = stack::on_own_stacks(tools, "coupons", &arguments, &[]).await;
    let rows = fs::read_to_string(report.path())?;
    outcome?;
    super::keep(
        FILE,
        commit,
        &Coupons { rows: serde_json::from_str(&rows).context("the races left no report")? },
    )
}
