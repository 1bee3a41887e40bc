//! A consumer that panics on purpose, to show on a release build that a panic costs what it must and no more: an
//! order of 13.00 panics while it is prepared, one of 14.00 while it is committed.

use batch::Verdict;
use domain::{Amount, OrderPlaced};
use metrique_writer::Entry;
use telemetry::LogSettings;

/// Nothing is measured of it but what is of every consumer.
#[derive(Entry)]
struct NothingMore {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init("panics", &LogSettings::from_lambda(Some("trace"), Some("json")), None);
    batch::run(&telemetry, prepare, commit, |_| NothingMore {}).await
}

fn prepare(event: &OrderPlaced) -> Amount {
    assert_ne!(event.total.cents(), 1_300, "on purpose, while preparing");
    event.total
}

async fn commit(totals: &[Amount]) -> Vec<Verdict> {
    assert!(totals.iter().all(|total| total.cents() != 1_400), "on purpose, while committing");
    vec![Verdict::Done; totals.len()]
}
