//! `cargo xtask verify faults`: runs the fault and outage tests, and keeps the results.

use std::fs;

use anyhow::{Context, Result, ensure};
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

/// Marks a call that must have cuts. `tests/e2e/tests/faults/cut_points.rs` writes it.
const LISTED: &str = "listed";

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
    let cuts = cuts.context("a test wrote down something else")?;
    let (listed, mut cuts): (Vec<_>, Vec<_>) =
        cuts.into_iter().partition(|cut| cut.injected == LISTED);
    let uncut: Vec<_> =
        listed.iter().filter(|call| !is_cut(call, &cuts)).map(|call| &call.place).collect();
    ensure!(uncut.is_empty(), "calls that no test cuts: {uncut:?}");
    cuts.sort();
    cuts.dedup();
    super::keep(FILE, commit, &Faults { cuts })
}

/// Whether a test injected a fault at a call: `orders, Query` is also cut at `orders with a coupon,
/// Query`.
fn is_cut(call: &Cut, cuts: &[Cut]) -> bool {
    let Some((function, operation)) = call.place.split_once(", ") else { return false };
    cuts.iter().any(|cut| {
        cut.place.starts_with(function) && cut.place.ends_with(&format!(", {operation}"))
    })
}
