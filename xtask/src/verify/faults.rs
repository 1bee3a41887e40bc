//! `cargo xtask verify faults`: runs the fault and outage tests, and keeps the results.

use std::fs;

use anyhow::{Context, Result};
use devstack::{Progress, Tools};
use serde::{Deserialize, Serialize};

use crate::test::stack;

/// The tests' records.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Faults {
    pub(super) cuts: Vec<Cut>,
}

/// One fault at one call, and what still held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Cut {
    pub(super) place: String,
    pub(super) test: String,
    pub(super) injected: String,
    pub(super) held: String,
}

pub(super) const FILE: &str = "faults.json";

pub(super) async fn run(tools: &Tools, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    stack::build_ops(tools).await?;
    let report = tempfile::NamedTempFile::new()?;
    let reporting = ("E2E_REPORT", report.path().as_os_str());
    stack::on_one_stack(tools, "faults", &[reporting]).await?;
    stack::on_own_stacks(tools, "outages", &[], &[reporting]).await?;
    let lines = fs::read_to_string(report.path())?;
    let cuts = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Cut>, _>>();
    let mut cuts = cuts.context("a test wrote down something else")?;
    cuts.sort();
    cuts.dedup();
    super::keep(FILE, commit, &Faults { cuts })
}
