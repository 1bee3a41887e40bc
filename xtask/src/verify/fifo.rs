//! `cargo xtask verify fifo`.

use anyhow::Result;
use devstack::{Progress, Tools};

use super::{Counts, counted, keep};
use crate::test::{FIFO_SOAK, stack};

pub(super) const FILE: &str = "fifo.json";

pub(super) async fn run(tools: &Tools, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    stack::build_ops(tools).await?;
    let mut rows = counted(tools, "fifo", &[]).await?;
    rows.push(("**A soak of a FIFO stack**".to_owned(), String::new()));
    rows.extend(counted(tools, "soak", &FIFO_SOAK.map(str::to_owned)).await?);
    keep(FILE, commit, &Counts { rows })
}
