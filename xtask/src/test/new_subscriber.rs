//! `cargo xtask new subscriber` and `remove subscriber`, tried on a copy of the repository: two
//! subscribers are added, checked, deployed over a running stack, customised, and removed again.

use std::fs;

use anyhow::{Context, Result, ensure};
use devstack::{ProcessGroup, Progress, RunningStack, Tools};
use serde_yaml_ng::Value;

use super::iam;
use super::stack::Tests;
use crate::scratch_tree::{Assembled, ScratchTree};

/// The subscribers, with their filters. The tests in `new_subscriber.rs` of `e2e` name them too.
const ADDED: [(&str, Option<&str>); 2] = [("audit", None), ("loyalty", Some("amount >= 80.01"))];

/// What one subscriber may take.
const MOST_FILES: usize = 8;
const MOST_LINES: usize = 200;

/// The resources that list all subscribers, so that one more changes them.
const LISTS: [&str; 5] = [
    "ColdStartsQuery",
    "Dashboard",
    "OrderTraceQuery",
    "RejectionReasonsQuery",
    "SlowestOrdersQuery",
];

/// The tests of the two new subscribers.
const OWN: [&str; 2] = ["--test", "new_subscriber"];
/// The tests of `pipeline` that try every subscriber of a stack: samples, duplicates, poison.
const PIPELINE: [&str; 3] = ["samples", "isolation", "batches::duplicate"];

pub(super) async fn test(tools: &Tools) -> Result<()> {
    let tree = ScratchTree::of_the_working_tree(tools, "new-subscriber").await?;
    let before = tree.assemble("before").await?;
    for (name, filter) in ADDED {
        add(&tree, name, filter).await?;
    }
    check(&tree).await?;
    let after = tree.assemble("after").await?;
    only_lists_change(&before, &after)?;

    let mut running = RunningStack::start(tools, &before.template, &[], Progress).await?;
    let old = running.stack.clone();
    running.stack = devstack::deploy(tools, &running.emulator, &after.template, Progress).await?;
    let new = &running.stack;
    let kept = old.outputs.all().all(|output| new.outputs.all().any(|other| other == output));
    ensure!(kept, "an output of the stack changed: {:?} became {:?}", old.outputs, new.outputs);
    try_out(tools, &running, &after).await?;
    iam::roles_of(tools, &after.template).await?;
    let fifo = RunningStack::start(tools, &after.template, &["Fifo=true"], Progress).await?;
    // The other tests of a FIFO stack are in the suite `fifo`.
    run_tests(tools, &fifo, &after, &OWN).await?;

    customise(&tree).await?;
    for (name, _) in ADDED {
        xtask(&tree, &["remove", "subscriber", name, "--dry-run"]).await?;
        ensure_unchanged(&tree).await?;
        xtask(&tree, &["remove", "subscriber", name]).await?;
        tree.commit(&format!("remove {name}")).await?;
    }
    let first = ["diff", "--exit-code", "--stat", "HEAD~5", "HEAD"];
    tree.git(&first).await.context("the removal left something, or took too much")?;
    let last = devstack::deploy(tools, &running.emulator, &before.template, Progress).await?;
    let (mut left, mut expected) =
        (last.outputs.all().collect::<Vec<_>>(), old.outputs.all().collect::<Vec<_>>());
    left.sort_unstable();
    expected.sort_unstable();
    ensure!(left == expected, "the stack is not as before: {left:?}");
    for (name, _) in ADDED {
        ensure!(!last.has_function(name).await, "the function {name} is left in the stack");
    }
    Ok(())
}

/// Adds a subscriber, counts what it took, and commits it.
async fn add(tree: &ScratchTree<'_>, name: &str, filter: Option<&str>) -> Result<()> {
    let filter: Vec<_> = filter.into_iter().flat_map(|filter| ["--filter", filter]).collect();
    let new = [&["new", "subscriber", name], &filter[..]].concat();
    xtask(tree, &[&new[..], &["--dry-run"]].concat()).await?;
    ensure_unchanged(tree).await?;
    xtask(tree, &new).await?;
    tree.git(&["add", "--all"]).await?;
    let changes = tree.git_output(&["diff", "--cached", "--numstat"]).await?;
    let lines: usize =
        changes.split_whitespace().filter_map(|word| word.parse::<usize>().ok()).sum();
    let files = changes.lines().count();
    eprintln!("── {name}: {files} files, {lines} lines\n{changes}");
    ensure!(files <= MOST_FILES && lines <= MOST_LINES, "one subscriber takes more than allowed");
    tree.commit(&format!("add {name}")).await
}

/// Fails if the copy has changes that are not committed.
async fn ensure_unchanged(tree: &ScratchTree<'_>) -> Result<()> {
    let changes = tree.git_output(&["status", "--porcelain"]).await?;
    ensure!(changes.is_empty(), "a dry run wrote something:\n{changes}");
    Ok(())
}

/// Lets the rows of loyalty's table expire, with a comment and a blank line, and commits it.
async fn customise(tree: &ScratchTree<'_>) -> Result<()> {
    let path = tree.path().join("template.yaml");
    let template = fs::read_to_string(&path)?;
    let table = "  LoyaltyTable:\n    Type: AWS::DynamoDB::Table\n";
    let (before, rest) = template.split_once(table).context("template.yaml has LoyaltyTable")?;
    let (first, last) = rest
        .split_once("      PointInTimeRecoverySpecification")
        .context("LoyaltyTable has point-in-time recovery")?;
    let expiry = "\n  # Points expire.\n      \
         TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }\n      \
         PointInTimeRecoverySpecification";
    fs::write(&path, format!("{before}{table}{first}{expiry}{last}"))?;
    tree.commit("customise loyalty").await
}

/// Runs the checks that a new subscriber must pass unchanged.
async fn check(tree: &ScratchTree<'_>) -> Result<()> {
    let packages = ADDED.map(|(name, _)| ["--package", name]).concat();
    let clippy = [&["clippy", "--all-targets"], &packages[..], &["--", "--deny", "warnings"]];
    let tests = [&["test", "--package", "xtask"], &packages[..]];
    for arguments in [vec!["fmt", "--all", "--check"], clippy.concat(), tests.concat()] {
        let mut cargo = tree.cargo();
        let what = format!("cargo {} in the copy", arguments[0]);
        ProcessGroup::run(&what, cargo.args(&arguments)).await?;
    }
    xtask(tree, &["test", "--suite", "lint"]).await
}

/// Checks that the new template changes nothing that was there but the lists of all subscribers.
fn only_lists_change(before: &Assembled, after: &Assembled) -> Result<()> {
    let resources = |assembled: &Assembled| -> Result<Value> {
        let text = fs::read_to_string(&assembled.template)?;
        Ok(devstack::expand_template(&text)?["Resources"].clone())
    };
    let (before, after) = (resources(before)?, resources(after)?);
    let before = before.as_mapping().context("the template has resources")?;
    let changed: Vec<_> = before
        .iter()
        .filter(|(id, resource)| after[*id] != **resource)
        .filter_map(|(id, _)| id.as_str())
        .filter(|id| !LISTS.contains(id))
        .collect();
    ensure!(changed.is_empty(), "a new subscriber changes {}", changed.join(", "));
    Ok(())
}

/// Runs the tests of every subscriber, and those of the two new ones.
async fn try_out(tools: &Tools, running: &RunningStack, assembled: &Assembled) -> Result<()> {
    run_tests(tools, running, assembled, &OWN).await?;
    let common = [&["--test", "pipeline", "--"], &PIPELINE[..]].concat();
    run_tests(tools, running, assembled, &common).await
}

async fn run_tests(
    tools: &Tools,
    running: &RunningStack,
    assembled: &Assembled,
    which: &[&str],
) -> Result<()> {
    let mut tests = Tests::on(tools, running, which)?;
    tests.command.env("E2E_BINARIES", &assembled.binaries);
    tests.run().await
}

async fn xtask(tree: &ScratchTree<'_>, arguments: &[&str]) -> Result<()> {
    let mut cargo = tree.cargo();
    let what = format!("cargo xtask {} in the copy", arguments.join(" "));
    ProcessGroup::run(&what, cargo.arg("xtask").args(arguments)).await
}
