//! What a subscriber's commit is: a row for each order, inserted unless an earlier delivery of its event did.

use sqs_batch::Verdict;
use store::{EffectTable, Inserted, Row};

/// Inserts up to 25 rows of different orders in one request, and gives the kernel's verdict on each, in the order given.
/// Rows made again of the same event change nothing: the first stays.
pub async fn insert<R: Row>(effect_table: &EffectTable, rows: &[R]) -> Vec<Verdict> {
    let inserted = effect_table.insert(rows).await.into_iter();
    let verdicts = inserted.map(|inserted| match inserted {
        Inserted::New => Verdict::Done,
        Inserted::AlreadyThere => Verdict::AlreadyDone,
        Inserted::Failed(error) => Verdict::Retry(error.to_string()),
    });
    verdicts.collect()
}
