//! The contract tests of `store` and `topic`, run on two emulators that share no code. Where both
//! agree, a mistake of one emulator is less likely.

use std::process::Stdio;

use anyhow::{Result, bail, ensure};
use devstack::{Emulator, Invocations, Moto, ProcessGroup, Progress, Tools};
use tokio::process::Command;

/// The tests that fail on the second backend, and what it does not support.
const SECOND_CANNOT: [(&str, &str); 3] = [
    ("effect_table::batch_of_25_distinguishes_new_from_existing_rows", NO_PARAMETERS),
    ("effect_table::second_insert_changes_nothing", NO_PARAMETERS),
    ("effect_table::invalid_row_does_not_affect_the_others", NO_PARAMETERS),
];
const NO_PARAMETERS: &str =
    "its BatchExecuteStatement takes no parameters in an INSERT, and answers 500";

/// The tests that pass or fail by chance on the second backend, where concurrent transactions are
/// not isolated: a cancelled one restores its tables from a copy, and so undoes what others wrote.
const SECOND_RACES: [&str; 2] = [
    "saving_once::concurrent_saves_with_one_key_create_one_order",
    "spending::concurrent_orders_with_one_coupon_save_one",
];

/// Runs the contract tests on the emulator that the stack is deployed to, and on the second
/// backend.
pub(crate) async fn test(tools: &Tools) -> Result<()> {
    let emulator =
        Emulator::start(tools, devstack::free_port()?, Invocations::Deployed, Progress).await?;
    on_emulator(tools, &emulator).await?;
    drop(emulator);

    let second = Moto::start(devstack::free_port()?, Progress).await?;
    for (test, reason) in SECOND_CANNOT {
        eprintln!("!! Not on the second backend: {test}: {reason}");
    }
    for test in SECOND_RACES {
        eprintln!("!! Not on the second backend: {test}: its transactions are not isolated");
    }
    let skipped = SECOND_CANNOT.iter().map(|(test, _)| *test).chain(SECOND_RACES);
    let without: Vec<_> = skipped.flat_map(|test| ["--skip", test]).collect();
    run("Contracts on the second backend", tests(tools, second.port(), &without)).await?;
    still_cannot(tests(tools, second.port(), &SECOND_CANNOT.map(|(test, _)| test))).await
}

/// Runs the contract tests on an emulator.
pub(crate) async fn on_emulator(tools: &Tools, emulator: &Emulator) -> Result<()> {
    run("Contracts on the emulator", tests(tools, emulator.port(), &[])).await
}

/// Runs one test at a time: under parallel load the Python emulators exceed the functions'
/// timeouts.
fn tests(tools: &Tools, aws_port: u16, which: &[&str]) -> Command {
    let mut cargo = tools.cargo();
    // Built with the whole workspace's features, as in earlier steps; for two packages alone, cargo
    // would compile the SDK again.
    cargo.args(["test", "--workspace", "--features", "store/backend,topic/backend"]);
    cargo
        .args(["--test", "backend", "--no-fail-fast", "--", "--test-threads", "1", "--exact"])
        .args(which);
    devstack::set_aws_env(&mut cargo, aws_port);
    cargo
}

async fn run(what: &str, mut tests: Command) -> Result<()> {
    eprintln!("── {what}");
    ProcessGroup::run(what, &mut tests).await
}

/// Checks that each listed test exists and still fails, so that no test is excluded without need.
async fn still_cannot(mut tests: Command) -> Result<()> {
    let output =
        tests.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).output().await?;
    let output = String::from_utf8_lossy(&output.stdout);
    for (test, _) in SECOND_CANNOT {
        let Some(line) = output.lines().find(|line| line.starts_with(&format!("test {test} ... ")))
        else {
            bail!("SECOND_CANNOT lists {test}, which is no test");
        };
        ensure!(
            line.ends_with("FAILED"),
            "{test} passes on the second backend: take it off SECOND_CANNOT"
        );
    }
    Ok(())
}
