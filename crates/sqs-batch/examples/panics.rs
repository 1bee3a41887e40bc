//! A consumer that panics on purpose, to show on a release build that a panic costs what it must
//! and no more: an order of 13.00 panics while it is prepared, one of 14.00 while it is committed.

use domain::OrderPlaced;
use metrique_writer::{Entry, EntryWriter};
use sqs_batch::RecordOutcome;
use telemetry::LogSettings;

/// Nothing is measured of it but what is of every consumer.
struct NothingMore;

impl Entry for NothingMore {
    fn write<'a>(&'a self, _writer: &mut impl EntryWriter<'a>) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init(
        "panics",
        &LogSettings::from_lambda(Some("trace"), Some("json")),
        None,
        None,
    );
    sqs_batch::run(&telemetry, prepare, commit, |_| NothingMore).await
}

/// Both messages quote the customer, as a careless one might.
fn prepare(event: &OrderPlaced) -> OrderPlaced {
    assert_ne!(
        event.total.cents(),
        1_300,
        "on purpose, while preparing {event:?} of {}",
        event.customer.as_str()
    );
    event.clone()
}

async fn commit(events: &[OrderPlaced]) -> Vec<RecordOutcome> {
    for event in events {
        assert_ne!(
            event.total.cents(),
            1_400,
            "on purpose, while committing {event:?} of {}",
            event.customer.as_str()
        );
    }
    vec![RecordOutcome::Done; events.len()]
}
