//! `cargo xtask verify api-fuzz`.

use anyhow::Result;
use devstack::{Progress, Tools};

use super::Counts;
use crate::test::api_fuzz::{self, Options};

pub(super) const FILE: &str = "api-fuzz.json";

pub(super) async fn run(tools: &Tools, options: &Options, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    let rows = api_fuzz::api_fuzz(tools, options).await?;
    super::keep(FILE, commit, &Counts { rows })
}
