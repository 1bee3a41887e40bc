//! The black-box tests of `pipeline` that need only a deployed stack.

use std::fs;

use anyhow::{Result, ensure};
use devstack::Progress;
use tokio::process::Command;

use super::outcome::Outcome;
use super::target::{Shop, Target};
use crate::test::stack::against;

/// The modules whose tests use only the API, the topic, the queues and the tables.
const MODULES: [&str; 11] = [
    "bad_input",
    "concurrent_orders",
    "coupons",
    "fan_out",
    "idempotency",
    "invoices",
    "isolation",
    "openapi",
    "pages",
    "redelivery",
    "relay",
];
/// The tests of these modules that run a function's binary themselves.
const RUN_A_BINARY: [&str; 10] = [
    "bad_input::base64_body_is_decoded",
    "bad_input::invalid_scheme_host_or_query_is_tolerated",
    "coupons::relay_publishes_the_discounted_total",
    "invoices::concurrent_invoices_never_share_a_number",
    "isolation::poison_in_a_delivery_fails_only_its_record",
    "relay::relay_publishes_a_pending_order",
    "relay::published_order_has_no_pending_flag",
    "relay::unacknowledged_order_keeps_its_pending_flag",
    "relay::concurrent_relays_have_one_effect",
    "relay::unreadable_row_does_not_block_others",
];
/// Its messages stay in the queues for minutes, and other tests wait for empty queues.
const SLOW: &str = "isolation::";
/// What the tests printed in the last run.
const LOG: &str = "target/verify-aws-end-to-end.log";

pub(super) async fn run(target: &Target, shop: &Shop) -> Result<Outcome> {
    let mut list = tests(target, shop);
    let listed =
        Progress.command_output("Building the end-to-end tests", list.arg("--list")).await?;
    let all: Vec<_> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let (chosen, excluded): (Vec<_>, Vec<_>) = all.into_iter().partition(|test| is_black_box(test));
    let (slow, quick): (Vec<&str>, Vec<&str>) =
        chosen.iter().copied().partition(|test| test.starts_with(SLOW));
    let mut output = String::new();
    for group in [quick, slow] {
        ensure!(!group.is_empty(), "no test of `pipeline` was chosen");
        let mut command = tests(target, shop);
        command.arg("--exact").args(&group);
        let what = format!("Running {} end-to-end tests", group.len());
        output += &Progress.command_outcome(&what, &mut command).await?;
    }
    fs::write(devstack::root().join(LOG), &output)?;
    Ok(judge(&output, &chosen, &excluded))
}

fn tests(target: &Target, shop: &Shop) -> Command {
    let which = ["--test", "pipeline", "--"];
    let mut command = against(&target.tools, shop.outputs.path(), &which);
    target.set_env(&mut command);
    command
}

fn is_black_box(test: &str) -> bool {
    let module = test.split("::").next().unwrap_or_default();
    MODULES.contains(&module) && !RUN_A_BINARY.contains(&test)
}

/// Judges what the tests printed.
fn judge(output: &str, chosen: &[&str], excluded: &[&str]) -> Outcome {
    let passed = |test: &&&str| output.lines().any(|line| line == format!("test {test} ... ok"));
    let failed: Vec<_> = chosen.iter().filter(|test| !passed(test)).copied().collect();
    let mut modules: Vec<_> =
        excluded.iter().map(|test| test.split("::").next().unwrap_or(test)).collect();
    modules.dedup();
    let excluded = format!(
        "{} tests are left out, because they run a function's binary themselves or need no stack: some or all of {}",
        excluded.len(),
        modules.join(", ")
    );
    if failed.is_empty() {
        return Outcome::Seen(format!("{} tests passed. {excluded}", chosen.len()));
    }
    let count = failed.len();
    Outcome::Failed(format!(
        "{count} of {} tests failed, as {LOG} says: {}. {excluded}",
        chosen.len(),
        failed.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chosen_test_must_report_success() {
        let chosen = ["fan_out::one", "pages::two"];
        let excluded = ["metrics::three", "metrics::four"];
        let judge = |output| judge(output, &chosen, &excluded);
        let seen = judge("test fan_out::one ... ok\ntest pages::two ... ok\n");
        assert!(seen.is_seen() && seen.detail().contains("2 tests passed"), "{seen:?}");
        assert!(seen.detail().ends_with("some or all of metrics"), "{seen:?}");
        let failed = judge("test fan_out::one ... ok\ntest pages::two ... FAILED\n");
        assert!(failed.is_failure() && failed.detail().contains("pages::two"), "{failed:?}");
        assert!(judge("test fan_out::one ... ok\n").is_failure(), "one reported nothing");
        assert!(judge("").is_failure(), "none reported anything");
    }

    #[test]
    fn chosen_modules_and_tests_exist() {
        let folder = devstack::root().join("tests/e2e/tests/pipeline");
        let module =
            |name: &str| fs::read_to_string(folder.join(format!("{name}.rs"))).expect(name);
        for name in MODULES {
            assert!(module(name).contains("#[tokio::test]"), "{name}");
        }
        for test in RUN_A_BINARY {
            let (name, test) = test.split_once("::").expect("a module and a test");
            assert!(module(name).contains(&format!("async fn {test}()")), "{test}");
            assert!(MODULES.contains(&name), "{name} is left out anyway");
        }
    }
}
