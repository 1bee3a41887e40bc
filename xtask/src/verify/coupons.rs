//! `cargo xtask verify coupons`: pairs of orders race for one coupon each.

use anyhow::Result;
use devstack::{Progress, Tools};

/// Options of `cargo xtask verify coupons`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The number of pairs.
    #[arg(long, default_value_t = 5_000)]
    pairs: u32,
}

pub(super) const FILE: &str = "coupons.json";

pub(super) async fn run(tools: &Tools, Options { pairs }: &Options, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    let options = ["--pairs".to_owned(), pairs.to_string()];
    super::keep_counts(tools, "coupons", &options, FILE, commit).await
}
