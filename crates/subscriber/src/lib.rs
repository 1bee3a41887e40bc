//! What this shop's subscribers share: inserting a row for each order, unless an earlier delivery of
//! its event did, and random codes.

use domain::Code;
use sqs_batch::RecordOutcome;
use store::{EffectTable, Inserted, Row};

/// Inserts up to 25 rows of different orders in one request, and gives the processor's outcome on
/// each, in the order given. Rows made again of the same event change nothing: the first stays.
pub async fn insert<R: Row>(effect_table: &EffectTable, rows: &[R]) -> Vec<RecordOutcome> {
    let inserted = effect_table.insert(rows).await.into_iter();
    let outcomes = inserted.map(|inserted| match inserted {
        Inserted::New => RecordOutcome::Done,
        Inserted::AlreadyThere => RecordOutcome::AlreadyDone,
        Inserted::Failed(error) => RecordOutcome::Retry(error.to_string()),
    });
    outcomes.collect()
}

/// A code of 12 random bytes of the operating system, which nobody can guess.
#[must_use]
pub fn random_code() -> Code {
    let mut entropy = [0; 12];
    getrandom::fill(&mut entropy).expect("the operating system gives random bytes");
    Code::from_entropy(entropy)
}
