//! The verifications that `cargo xtask verify all` runs. This table is the only list of them and of
//! their times.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result, ensure};
use devstack::root;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A verification.
pub(super) struct Step {
    /// The arguments of `cargo xtask`.
    pub(super) command: &'static str,
    /// The file with its result, below [`devstack::REPORTS`].
    file: &'static str,
    /// What that file counts.
    amount: Amount,
    /// How long it takes on two cores.
    pub(super) minutes: u32,
    /// What it shows when it ends without an error.
    pub(super) result: &'static str,
}

/// Where a result says how much was done.
enum Amount {
    /// In a row with this label, in these units.
    Row(&'static str, &'static str),
    /// By the length of this list, in these units.
    Length(&'static str, &'static str),
    /// In this member, in these units.
    Number(&'static str, &'static str),
}

use Amount::{Length, Number, Row};

/// What a result file holds.
pub(super) struct Kept {
    /// The commit that it is for.
    pub(super) commit: String,
    /// How much was done, with units.
    pub(super) amount: String,
    pub(super) sha256: String,
}

/// In running order, the quickest first.
pub(super) const STEPS: [Step; 10] = [
    step(
        "verify fifo",
        "reliability/fifo.json",
        Row("Orders that customers tried to place", "orders, in order"),
        5,
    ),
    step("verify faults", "reliability/faults.json", Length("/cuts", "injected faults"), 6),
    step(
        "verify coupons",
        "reliability/coupons.json",
        Row("Pairs of orders, each with a coupon that was earned", "races"),
        8,
    ),
    step(
        "verify reproducible",
        "reliability/reproducible-arm64.json",
        Length("/functions", "functions, built twice"),
        10,
    ),
    step(
        "verify reproducible --processor x86_64",
        "reliability/reproducible-x86_64.json",
        Length("/functions", "functions, built twice"),
        10,
    ),
    Step {
        result: "measured",
        ..step("bench", "benchmarks/run.json", Length("/benchmarks", "benchmarks"), 15)
    },
    step(
        "verify soak",
        "reliability/soak.json",
        Row("Orders that customers tried to place", "orders"),
        25,
    ),
    step(
        "verify mutants --generated",
        "reliability/mutants.json",
        Number("/all", "generated mutants"),
        30,
    ),
    step(
        "verify api-fuzz",
        "reliability/api-fuzz.json",
        Row("Requests that arrived", "requests"),
        35,
    ),
    step(
        "verify mutants --patches",
        "reliability/mutations.json",
        Length("/patches", "mutation patches"),
        45,
    ),
];

const fn step(command: &'static str, file: &'static str, amount: Amount, minutes: u32) -> Step {
    Step { command, file, amount, minutes, result: "passed" }
}

/// The times of all verifications, for `cargo xtask verify --help`.
pub(super) fn times() -> String {
    let mut times = String::from("Minutes on two cores:\n");
    for Step { command, minutes, .. } in &STEPS {
        writeln!(times, "  {minutes:>4}  cargo xtask {command}").expect("text takes any text");
    }
    let all: u32 = STEPS.iter().map(|step| step.minutes).sum();
    write!(times, "  {all:>4}  cargo xtask verify all").expect("text takes any text");
    times
}

impl Step {
    /// Reads its result.
    pub(super) fn kept(&self) -> Result<Kept> {
        let file = format!("{}/{}", devstack::REPORTS, self.file);
        let text =
            fs::read_to_string(root().join(&file)).with_context(|| format!("{file} is missing"))?;
        let result: Value = serde_json::from_str(&text).with_context(|| file.clone())?;
        let commit = result["commit"].as_str().with_context(|| format!("{file} has no commit"))?;
        let amount = self.amount.of(&result);
        Ok(Kept {
            commit: commit.to_owned(),
            amount: amount.with_context(|| format!("{file} does not say how much was done"))?,
            sha256: hex::encode(Sha256::digest(&text)),
        })
    }

    /// The same. Fails if it is for another commit.
    pub(super) fn kept_for(&self, commit: &str) -> Result<Kept> {
        let kept = self.kept()?;
        let (file, of) = (self.file, &kept.commit);
        ensure!(of == commit, "{}/{file} is for {of}, not for {commit}", devstack::REPORTS);
        Ok(kept)
    }
}

impl Amount {
    fn of(&self, result: &Value) -> Option<String> {
        let (number, unit) = match *self {
            Row(label, unit) => {
                let mut rows = result["rows"].as_array()?.iter();
                (rows.find(|row| row[0] == label)?[1].as_str()?.to_owned(), unit)
            }
            Length(list, unit) => {
                let list = result.pointer(list)?;
                let items = list.as_array().map(Vec::len);
                (items.or_else(|| Some(list.as_object()?.len()))?.to_string(), unit)
            }
            Number(member, unit) => (result.pointer(member)?.as_u64()?.to_string(), unit),
        };
        Some(format!("{number} {unit}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_step_has_a_command_and_a_file_of_its_own() {
        let commands: BTreeSet<_> = STEPS.iter().map(|step| step.command).collect();
        let files: BTreeSet<_> = STEPS.iter().map(|step| step.file).collect();
        assert_eq!((commands.len(), files.len()), (STEPS.len(), STEPS.len()));
    }

    #[test]
    fn steps_are_sorted_by_minutes() {
        assert!(STEPS.is_sorted_by_key(|step| step.minutes));
    }

    #[test]
    fn result_for_another_commit_is_refused() {
        for step in &STEPS {
            // Before the first run some results are missing.
            let Ok(kept) = step.kept() else { continue };
            assert!(kept.amount.starts_with(|first: char| first.is_ascii_digit()));
            assert!(step.kept_for(&kept.commit).is_ok());
            let Err(error) = step.kept_for("another") else { panic!("{} was taken", step.file) };
            assert!(error.to_string().contains("not for another"), "{error}");
        }
    }
}
