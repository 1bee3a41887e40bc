//! `cargo xtask verify api-fuzz`.

use anyhow::Result;
use devstack::{Progress, Tools};
use serde::{Deserialize, Serialize};

use crate::test::api_fuzz::{self, Options};

/// The result.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ApiFuzzReport {
    pub(super) rows: Vec<(String, String)>,
}

pub(super) const FILE: &str = "api-fuzz.json";

pub(super) async fn run(tools: &Tools, options: &Options, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    let rows = api_fuzz::api_fuzz(tools, options).await?;
    super::keep(FILE, commit, &ApiFuzzReport { rows })
}
