//! A subscriber that panics on purpose, to test a release build: an order of 13.00 panics in
//! `prepare`, one of 14.00 in `commit`. A panic must not affect other records.

use domain::OrderPlaced;
use metrique_writer::{Entry, EntryWriter};
use subscriber::RecordOutcome;
use telemetry::LogSettings;

/// No metrics beyond those of every subscriber.
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
    subscriber::process_batches(&telemetry, prepare, commit, |_| NothingMore).await
}

/// Both panic messages quote the customer, as careless code might.
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
