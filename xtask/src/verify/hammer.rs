//! The API, hammered.

use anyhow::Result;
use devstack::{Progress, Tools};
use serde::{Deserialize, Serialize};

use crate::test::hammer::{self, Options};

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hammered {
    pub(super) rows: Vec<(String, String)>,
}

pub(super) const FILE: &str = "hammer.json";

pub(super) async fn run(tools: &Tools, options: &Options, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    let rows = hammer::hammer(tools, options).await?;
    super::keep(FILE, commit, &Hammered { rows })
}
