//! `cargo xtask verify faults`: runs the fault and outage tests, and keeps the results.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;

use anyhow::{Context, Result, ensure};
use devstack::{Fault, Progress, Tools, functions};
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
    let a_minute = ("E2E_OUTAGE_SECONDS", OsStr::new("60"));
    stack::on_own_stacks(tools, "outages", &[], &[reporting, a_minute]).await?;
    let lines = fs::read_to_string(report.path())?;
    let cuts = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Cut>, _>>();
    let cuts = cuts.context("a test wrote down something else")?;
    let (listed, mut cuts): (Vec<_>, Vec<_>) =
        cuts.into_iter().partition(|cut| cut.injected == LISTED);
    for function in functions() {
        let is_listed = listed.iter().any(|call| call.place.starts_with(&format!("{function}, ")));
        ensure!(is_listed, "the calls of {function} are not listed");
    }
    let uncut: Vec<_> = listed.iter().flat_map(|call| missing_cuts(call, &cuts)).collect();
    ensure!(uncut.is_empty(), "faults that no test injects:\n{}", uncut.join("\n"));
    cuts.sort();
    cuts.dedup();
    super::keep(FILE, commit, &Faults { cuts })
}

/// What must be injected at every call, once and at every try: the faults that
/// `tests/e2e/tests/faults/main.rs` lists.
pub(super) fn faults() -> [&'static str; 5] {
    [Fault::Refuse, Fault::Throttle, Fault::Fail, Fault::LoseAnswer, Fault::WithholdAnswer]
        .map(Fault::name)
}

/// What follows the name of a fault that no retry helps against.
pub(super) const EVERY_TRY: &str = " at every try";

fn all_faults() -> impl Iterator<Item = String> {
    faults().into_iter().flat_map(|fault| [fault.to_owned(), format!("{fault}{EVERY_TRY}")])
}

/// The faults that no test injected at a call: `orders, Query` is also cut at `orders with a coupon,
/// Query`.
fn missing_cuts(call: &Cut, cuts: &[Cut]) -> Vec<String> {
    let Some((function, operation)) = call.place.split_once(", ") else { return vec![] };
    let at_call = |cut: &&Cut| {
        cut.place.starts_with(function) && cut.place.ends_with(&format!(", {operation}"))
    };
    let injected: BTreeSet<_> = cuts.iter().filter(at_call).map(|cut| &*cut.injected).collect();
    let missing = all_faults().filter(|fault| !injected.contains(&**fault));
    missing.map(|fault| format!("{}: {fault}", call.place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(place: &str, injected: &str) -> Cut {
        let [place, injected] = [place, injected].map(str::to_owned);
        Cut { place, injected, test: String::new(), held: String::new() }
    }

    #[test]
    fn call_must_meet_every_fault() {
        let call = cut("orders, Query", LISTED);
        let of = |place: &str| all_faults().map(|fault| cut(place, &fault)).collect::<Vec<_>>();
        assert!(missing_cuts(&call, &of("orders with a coupon, Query")).is_empty());
        assert_eq!(missing_cuts(&call, &of("outbox-relay, Query")).len(), 10);
        assert_eq!(missing_cuts(&call, &of("orders, GetItem")).len(), 10);
        let all_but_one = &of("orders, Query")[1..];
        assert_eq!(missing_cuts(&call, all_but_one), ["orders, Query: connection refused"]);
    }
}
