//! cargo-mutants: generated mutations of everything in `crates/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use devstack::{CargoTool, Emulator, Invocations, ProcessGroup, Progress, Tools, root};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::process::Command;

use crate::test::backends;

/// The result of cargo-mutants.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct Generated {
    pub(in super::super) all: usize,
    pub(in super::super) caught: usize,
    pub(in super::super) unviable: usize,
    /// Mutants that no test of their package notices or that make one run for ever, and that are not
    /// accepted.
    pub(in super::super) missed: Vec<String>,
    /// The same, and why they are accepted.
    pub(in super::super) accepted: Vec<(String, String)>,
}

/// The formats of log lines, of which snapshots are kept.
const LOG_FORMATS: [&str; 2] = ["crates/telemetry/src/json.rs", "crates/telemetry/src/terminal.rs"];

/// Mutants that no test of their package notices or that make one run for ever: the file and the
/// change, and what notices it or why nothing has to.
const ACCEPTED: [(&str, &str); 9] = [
    (
        r#"crates/aws-client/src/user_agent.rs: replace <impl Intercept for ShortUserAgent>::name -> &'static str with """#,
        NAME,
    ),
    (
        r#"crates/aws-client/src/user_agent.rs: replace <impl Intercept for ShortUserAgent>::name -> &'static str with "xyzzy""#,
        NAME,
    ),
    (
        r#"crates/store/src/conflict.rs: replace <impl ClassifyRetry for RetryConflicts>::name -> &'static str with """#,
        NAME,
    ),
    (
        r#"crates/store/src/conflict.rs: replace <impl ClassifyRetry for RetryConflicts>::name -> &'static str with "xyzzy""#,
        NAME,
    ),
    ("crates/subscriber/src/lib.rs: replace run -> Result<(), Error> with Ok(())", RUNS),
    (
        "crates/subscriber/src/lib.rs: replace run_with_commit -> Result<(), Error> with Ok(())",
        RUNS,
    ),
    (
        "crates/subscriber/src/lib.rs: replace process_batches -> Result<(), Error> with Ok(())",
        RUNS,
    ),
    (
        "crates/topic/src/publish_queue.rs: replace PublishQueue<T>::next_batch -> Option<Vec<T>> with Some(vec![])",
        ENDLESS,
    ),
    ("crates/topic/src/publish_queue.rs: delete ! in PublishQueue<T>::next_batch", ENDLESS),
];
const NAME: &str = "the SDK shows this name only in its own debug output";
const ENDLESS: &str = "it never runs out of batches, so its tests never end";
const RUNS: &str = "it talks to Lambda until the process ends; the suite `pipeline` runs it";

/// The lists of one run of cargo-mutants.
struct Found {
    caught: BTreeSet<String>,
    unviable: BTreeSet<String>,
    timed_out: BTreeSet<String>,
    missed: BTreeSet<String>,
}

/// Tries every mutant on the unit tests of its package. Those of `store` and `topic` that survive
/// are tried again with the tests that need an emulator.
pub(super) async fn find(tools: &Tools) -> Result<Generated> {
    let program = CargoTool::MUTANTS.install(Progress).await?;
    let output = root().join("target/mutants");
    let results = output.join("mutants.out");
    let _ = fs::remove_dir_all(&results);
    let mutants = || {
        let mut mutants = Command::new(&program);
        mutants.args(["mutants", "--no-shuffle", "--colors", "never", "--output"]).arg(&output);
        mutants.args(LOG_FORMATS.into_iter().flat_map(|file| ["--exclude", file]));
        mutants.current_dir(root());
        mutants
    };

    let mut unit = mutants();
    unit.args(["--jobs", "2", "--file", "crates/**"]);
    let mut found = run(&mut unit, &results).await?;

    let emulator =
        Emulator::start(tools, devstack::free_port()?, Invocations::Deployed, Progress).await?;
    let mut backend = mutants();
    // One at a time: the emulator is slow enough under parallel load to fail tests.
    backend.args(["--iterate", "--jobs", "1", "--features", "backend"]);
    backend.args(["--package", "store", "--package", "topic"]).env("RUST_TEST_THREADS", "1");
    devstack::set_aws_env(&mut backend, emulator.port());
    let second = run(&mut backend, &results).await?;
    // Without its emulator every mutant would have been "caught".
    backends::on_emulator(tools, &emulator).await?;
    found.take_over(second);
    Ok(found.into())
}

async fn run(mutants: &mut Command, results: &Path) -> Result<Found> {
    // It fails when a mutant is missed; the page lists those.
    let ended = ProcessGroup::run("cargo-mutants", mutants).await;
    let list = |name: &str| -> Result<BTreeSet<String>> {
        Ok(fs::read_to_string(results.join(name))?.lines().map(str::to_owned).collect())
    };
    let found = Found {
        caught: list("caught.txt")?,
        unviable: list("unviable.txt")?,
        timed_out: list("timeout.txt")?,
        missed: list("missed.txt")?,
    };
    let listed = fs::read_to_string(results.join("mutants.json"))?;
    let (tested, all) = (found.all(), serde_json::from_str::<Vec<Value>>(&listed)?.len());
    // It tries none if the tests fail on unchanged code, and not all if it ends too early.
    ensure!(
        tested > 0 && tested == all,
        "cargo-mutants tested {tested} of {all} mutants: {ended:?}"
    );
    Ok(found)
}

impl Found {
    /// Takes over the results of a second run, of what was missed or ran for ever in this one.
    fn take_over(&mut self, second: Self) {
        let is_caught = |mutant: &String| second.caught.contains(mutant);
        self.missed.retain(|mutant| !is_caught(mutant) && !second.timed_out.contains(mutant));
        self.timed_out.retain(|mutant| !is_caught(mutant));
        self.timed_out.extend(second.timed_out);
        self.caught.extend(second.caught);
    }

    fn all(&self) -> usize {
        [&self.caught, &self.unviable, &self.timed_out, &self.missed]
            .map(BTreeSet::len)
            .iter()
            .sum()
    }
}

impl From<Found> for Generated {
    fn from(found: Found) -> Self {
        let (all, caught, unviable) = (found.all(), found.caught.len(), found.unviable.len());
        let mut generated = Self { all, caught, unviable, missed: vec![], accepted: vec![] };
        for mutant in found.missed.into_iter().chain(found.timed_out) {
            let change = without_position(&mutant);
            match ACCEPTED.iter().find(|(accepted, _)| change == *accepted) {
                Some((_, reason)) => generated.accepted.push((mutant, (*reason).to_owned())),
                None => generated.missed.push(mutant),
            }
        }
        generated
    }
}

impl Generated {
    /// Fails if a mutant survives that is not accepted, or if an accepted one no longer does.
    pub(super) fn ensure_caught(&self) -> Result<()> {
        let survivors = self.missed.len();
        ensure!(
            survivors == 0,
            "no test notices {survivors} of cargo-mutants' mutants, or only by running for ever: see docs/reports/reliability.md"
        );
        for (accepted, _) in ACCEPTED {
            let is_it = |(mutant, _): &&(String, String)| without_position(mutant) == accepted;
            let times = self.accepted.iter().filter(is_it).count();
            ensure!(times == 1, "ACCEPTED has `{accepted}`, and {times} such mutants survive");
        }
        Ok(())
    }
}

/// A mutant without its line and column: the file, and the change.
fn without_position(mutant: &str) -> String {
    let mut parts = mutant.splitn(4, ':');
    let (file, change) = (parts.next(), parts.nth(2));
    format!("{}:{}", file.unwrap_or_default(), change.unwrap_or_default())
}
