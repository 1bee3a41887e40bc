//! docs/reports/aws.md.

use std::path::PathBuf;
use std::{fs, iter};

use anyhow::{Context, Result};
use devstack::root;

use super::outcome::{Finished, Outcome};
use super::steps::STEPS;

const PAGE: &str = "docs/reports/aws.md";
/// Where an emulator's report goes if there is one of AWS.
const APART: &str = "target/verify-aws-emulator.md";
const ON_AWS: &str = "Run on AWS";
/// How much of a detail is shown: an error may have a page of output.
const LONGEST: usize = 900;

/// When and where a run was.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) commit: String,
    pub(super) date: String,
    /// The region, or `None` on the emulator.
    pub(super) region: Option<String>,
    /// Never shown.
    pub(super) account: String,
}

/// Writes the report, and returns its path. A report of a run on AWS is not replaced by one of the
/// emulator.
pub(super) fn write(run: &Run, finished: &[Finished]) -> Result<PathBuf> {
    let page = root().join(PAGE);
    let is_of_aws = fs::read_to_string(&page).is_ok_and(|text| text.contains(ON_AWS));
    let path = if run.region.is_none() && is_of_aws { root().join(APART) } else { page };
    fs::write(&path, render(run, finished)).with_context(|| path.display().to_string())?;
    Ok(path)
}

fn render(run: &Run, finished: &[Finished]) -> String {
    let Run { commit, date, region, .. } = run;
    let place = match region {
        Some(region) => format!("{ON_AWS} in {region}, on {date}, at {commit}."),
        None => format!(
            "Nobody has run this on AWS: what follows is what the local emulator showed, on {date}, at {commit}.\n\
             It says how far the command goes without an account, and nothing about AWS."
        ),
    };
    let seen = finished.iter().filter(|one| one.outcome.is_seen()).count();
    let failed = finished.iter().filter(|one| one.outcome.is_failure()).count();
    let head = format!(
        "# AWS verification\n\n{place}\n\n\
         Written by `cargo xtask verify aws` from what it saw; not by hand. \
         [testing.md](../guides/testing.md#verifying-on-aws)\n\
         says what it needs and costs. Of {} steps, {seen} were seen to hold and {failed} failed.\n\n\
         | Step | What it would show | Result | What was seen |\n|---|---|---|---|\n",
        STEPS.len()
    );
    let rows = STEPS.iter().map(|step| {
        let unknown = Outcome::NotRun("because the run ended before".to_owned());
        let outcome = finished.iter().find(|one| one.step == step.name).map(|one| &one.outcome);
        let outcome = outcome.unwrap_or(&unknown);
        let detail = cell(outcome.detail(), &run.account);
        format!("| {} | {} | {} | {detail} |\n", step.name, step.shows, outcome.name())
    });
    iter::once(head).chain(rows).collect()
}

/// A text as a table's cell: one line, not too long, without the account and this machine's paths.
fn cell(text: &str, account: &str) -> String {
    let root = format!("{}/", root().display());
    let text = text.replace(&root, "").replace(account, "ACCOUNT").replace('|', "\\|");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(region: Option<&str>) -> Run {
        Run {
            commit: "abc".to_owned(),
            date: "2026-11-26".to_owned(),
            region: region.map(str::to_owned),
            account: "123456789012".to_owned(),
        }
    }

    fn finished(step: &'static str, outcome: Outcome) -> Finished {
        Finished { step, outcome }
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn report_has_a_row_for_every_step() {
        let outcomes = [
            finished("change set", Outcome::Seen(text("120 resources"))),
            finished("deploy", Outcome::Failed(text("no such bucket"))),
            finished("alarms", Outcome::NotRun(text("because `deploy` failed"))),
            finished("rollback", Outcome::NotPossible(text("no CodeDeploy"))),
        ];
        let page = render(&run(None), &outcomes);
        for row in [
            "| seen | 120 resources |",
            "| **failed** | no such bucket |",
            "| not run | because `deploy` failed |",
            "| not possible here | no CodeDeploy |",
            "| not run | because the run ended before |",
        ] {
            assert!(page.contains(row), "{row}: {page}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| ")).count();
        assert_eq!(rows, STEPS.len() + 1);
        assert!(page.contains("Of 11 steps, 1 were seen to hold and 1 failed."), "{page}");
    }

    #[test]
    fn report_of_the_emulator_begins_with_that() {
        let page = render(&run(None), &[]);
        let first = page.lines().nth(2).expect("a sentence");
        assert!(first.starts_with("Nobody has run this on AWS"), "{first}");
        assert!(!page.contains(ON_AWS), "it would never be replaced");
        let page = render(&run(Some("eu-central-1")), &[]);
        assert!(page.contains("Run on AWS in eu-central-1, on 2026-11-26, at abc."), "{page}");
        assert!(!page.contains("Nobody has run this"), "{page}");
    }

    #[test]
    fn report_omits_account_and_paths_and_keeps_its_table() {
        let path = root().join("template.yaml");
        let detail = format!("arn:aws:sqs:us-east-1:123456789012:q\n{} a | b", path.display());
        let page = render(&run(None), &[finished("deploy", Outcome::Failed(detail))]);
        assert!(
            page.contains("| arn:aws:sqs:us-east-1:ACCOUNT:q template.yaml a \\| b |"),
            "{page}"
        );
        let long = "é".repeat(LONGEST + 1);
        assert!(cell(&long, "1").ends_with("é …"));
    }
}
