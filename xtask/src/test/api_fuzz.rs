//! API fuzzing: sends requests generated from the API's document to a deployed stack, and compares
//! every response with the document. The proxy in front of the stack counts the requests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use devstack::{ProcessGroup, Progress, RunningStack, Schemathesis, Tools};
use serde_json::Value;
use tokio::process::Command;
use tokio::time::interval;

/// Options of `cargo xtask verify api-fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The least number of requests.
    #[arg(long, default_value_t = 50_000)]
    requests: u64,
    /// The random seed (default: a new one).
    #[arg(long)]
    seed: Option<u64>,
}

impl Options {
    /// The suite's options. The seed is fixed, so that only a change can cause a failure.
    pub(crate) fn of_the_suite() -> Self {
        Self { requests: 2_000, seed: Some(20_261_122) }
    }
}

const DOCUMENT: &str = "functions/orders/openapi.json";

/// Schemathesis runs that go in parallel, as each sends one request at a time: name, options, and
/// the limit per operation in percent of the requests. A scenario has about four requests; a few
/// dozen cover the document.
const SALVOES: [(&str, &[&str], u64); 3] = [
    ("scenarios", &["--phases", "examples,coverage,stateful"], 5),
    ("good", &["--phases", "fuzzing", "--mode", "positive"], 20),
    ("bad", &["--phases", "fuzzing", "--mode", "negative"], 20),
];

/// The statuses of an accepted order: JSON, and form.
const ACCEPTED: [u16; 2] = [201, 303];

/// Fuzzes a new stack and returns the counts. Fails if a response was not as documented.
pub(crate) async fn api_fuzz(
    tools: &Tools,
    Options { requests, seed }: &Options,
) -> Result<Vec<(String, String)>> {
    let schemathesis = Schemathesis::install(Progress).await?;
    schemathesis.validate(DOCUMENT, Progress).await?;
    let RunningStack { shop, emulator: _emulator, .. } =
        RunningStack::start(tools, devstack::BUILT_TEMPLATE, &[], Progress).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let seed = seed.unwrap_or(u64::from(now.subsec_nanos()));
    eprintln!("── API fuzz: {requests} requests or more, seed {seed}");

    let (start, folder) = (Instant::now(), tempfile::tempdir()?);
    let salvo = async |(name, how, percent): (&str, &[&str], u64)| {
        let report = folder.path().join(name).with_extension("json");
        let mut command = schemathesis.command(shop.url(), requests * percent / 100, seed, &report);
        fire(command.args(how).current_dir(folder.path()), folder.path().join(name), &report).await
    };
    let [scenarios, good, bad] = SALVOES;
    let arrived = || shop.answers().values().sum::<u64>();
    let sending = Progress.step("Sending generated requests", async |bar| {
        let showing = async {
            let mut every = interval(Duration::from_secs(1));
            loop {
                every.tick().await;
                bar.set_message(format!("{} of about {requests} answered", arrived()));
            }
        };
        let salvos = async { tokio::try_join!(salvo(scenarios), salvo(good), salvo(bad)) };
        tokio::select! { fired = salvos => fired, () = showing => unreachable!("it shows for ever") }
    });
    let fired: [Fired; 3] = sending.await?.into();

    let (answers, arrived) = (shop.answers(), arrived());
    let made_up = fired.iter().map(|fired| fired.made_up).sum::<u64>();
    let unsent: u64 = fired.iter().map(|fired| fired.unsent).sum();
    let failures: u64 = fired.iter().map(|fired| fired.failures).sum();
    let broken: u64 = answers.range(500..).map(|(_, count)| count).sum();
    let mut rows = vec![
        ("Seed".to_owned(), seed.to_string()),
        ("Requests that arrived".to_owned(), arrived.to_string()),
    ];
    rows.extend(
        answers.iter().map(|(status, count)| (format!("– answered {status}"), count.to_string())),
    );
    rows.push(("Requests generated".to_owned(), made_up.to_string()));
    rows.push((
        "– sent, each answer compared with the document".to_owned(),
        (made_up - unsent).to_string(),
    ));
    rows.push(("**Answers that were not as documented**".to_owned(), failures.to_string()));
    rows.push(("**Answers of 5xx**".to_owned(), broken.to_string()));
    rows.push(("Time".to_owned(), format!("{} s", start.elapsed().as_secs())));
    for (what, count) in &rows {
        eprintln!("{what}: {count}");
    }
    ensure!(
        fired.iter().all(|fired| fired.passed),
        "an answer was not as {DOCUMENT} has it: see above"
    );
    ensure!(broken == 0, "{broken} requests were answered with 5xx");
    // A shop that rejects every order, even as documented, is broken.
    for status in ACCEPTED {
        ensure!(
            answers.contains_key(&status),
            "nothing was answered with {status}: no order was accepted"
        );
    }
    let sent = arrived.min(made_up - unsent);
    ensure!(
        sent >= *requests,
        "{sent} requests were sent and compared, fewer than {requests}: raise the shares in SALVOES \
         (xtask/src/test/api_fuzz.rs)"
    );
    ensure!(
        unsent * UNSENT_OF <= made_up,
        "of {made_up} generated requests {unsent} were not sent, not answered or not compared"
    );
    Ok(rows)
}

/// Of so many generated requests, at most one may not be compared.
const UNSENT_OF: u64 = 100;

/// The result of one Schemathesis run.
struct Fired {
    passed: bool,
    made_up: u64,
    /// Generated, but impossible for a client to send, not answered, or with an answer that was not
    /// compared.
    unsent: u64,
    failures: u64,
}

/// Runs Schemathesis. Prints its output if it failed.
async fn fire(command: &mut Command, output: PathBuf, report: &Path) -> Result<Fired> {
    let file = File::create(&output)?;
    let status =
        ProcessGroup::spawn(command.stdout(file.try_clone()?).stderr(file))?.wait().await?;
    if !status.success() {
        eprintln!("{}", fs::read_to_string(&output)?);
    }
    let report = fs::read_to_string(report).context("Schemathesis left no report")?;
    let cases = &serde_json::from_str::<Value>(&report)?["test_cases"];
    let count = |name: &str| {
        cases[name].as_u64().with_context(|| format!("Schemathesis's report has no {name}"))
    };
    let (made_up, failures) = (count("generated")?, count("with_failures")?);
    let unsent = count("errored")? + count("without_checks")?;
    Ok(Fired { passed: status.success() && failures == 0, made_up, unsent, failures })
}
