//! Shared by the subscribers: idempotent inserts, one row per order, and random codes.

use domain::Code;
use sqs_batch::RecordOutcome;
use store::{EffectTable, Inserted, Row};

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
