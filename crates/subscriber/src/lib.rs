//! Runs a subscriber: an SQS-triggered function that writes one row for each order.
//!
//! A subscriber defines its [`Row`], `prepare`, which makes the row for an event, and `measure`,
//! which makes the function's own metrics. The rest is the same for all of them: the table in the
//! variable `TABLE`, inserts that a second delivery does not repeat, and the counts by outcome.

pub use sqs_batch::{BatchCounts, RecordOutcome};
pub use store::{EffectTable, Row, Value};
pub use telemetry::nonzero_count;

use domain::{Code, OrderPlaced};
use lambda_runtime::Error;
use lambda_startup::Startup;
use metrique_writer::Entry;
use store::Inserted;

/// Runs the function `name` until Lambda ends the process.
///
/// `prepare` makes the row for an event, without side effects. `measure` makes the function's own
/// metrics from the counts of a batch.
pub async fn run<R: Row, M: Entry>(
    name: &'static str,
    prepare: impl Fn(&OrderPlaced) -> R,
    measure: impl Fn(&BatchCounts) -> M,
) -> Result<(), Error> {
    run_with_commit(name, prepare, insert, measure).await
}

/// Like [`run`], for a subscriber that does more than insert. `commit` handles up to 25 items of
/// different orders, must be idempotent, and returns one outcome for each item, in their order.
pub async fn run_with_commit<I, M: Entry>(
    name: &'static str,
    prepare: impl Fn(&OrderPlaced) -> I,
    commit: impl AsyncFn(&EffectTable, &[I]) -> Vec<RecordOutcome>,
    measure: impl Fn(&BatchCounts) -> M,
) -> Result<(), Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(name)?;
    let effect_table = EffectTable::connect(&sdk, environment.required("TABLE")?).await;
    let commit = async |items: &[I]| commit(&effect_table, items).await;
    sqs_batch::run(&telemetry, prepare, commit, measure).await
}

/// Inserts up to 25 rows of different orders in one request. Returns one outcome per row, in the
/// order given. If an order already has a row, it stays unchanged.
pub async fn insert<R: Row>(effect_table: &EffectTable, rows: &[R]) -> Vec<RecordOutcome> {
    let inserted = effect_table.insert(rows).await.into_iter();
    let outcomes = inserted.map(|inserted| match inserted {
        Inserted::New => RecordOutcome::Done,
        Inserted::AlreadyThere => RecordOutcome::AlreadyDone,
        Inserted::Failed(error) => RecordOutcome::Retry(error.to_string()),
    });
    outcomes.collect()
}

/// Returns a code from 12 random bytes of the operating system.
#[must_use]
pub fn random_code() -> Code {
    let mut entropy = [0; 12];
    getrandom::fill(&mut entropy).expect("the operating system gives random bytes");
    Code::from_entropy(entropy)
}
