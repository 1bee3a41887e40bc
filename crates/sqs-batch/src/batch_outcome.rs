//! The result of a batch.

use aws_lambda_events::sqs::SqsBatchResponse;

use crate::RecordOutcome;

/// Why a whole batch failed. Return it as the function's error: SQS then delivers all of the batch
/// again.
///
/// ```
/// use sqs_batch::BatchError;
///
/// let error = BatchError::MissingMessageId { position: 1 };
/// assert!(error.to_string().starts_with("record 1 of the batch has no message id"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A record has no message id, or an empty one, so its failure could not be reported. SQS
    /// itself always sets an id. Nothing was prepared or committed.
    #[error(
        "record {position} of the batch has no message id, so its failure could not be reported"
    )]
    MissingMessageId {
        /// The record's position in the batch, counted from 0.
        position: usize,
    },
}

/// The result of a batch whose records all have an outcome.
///
/// ```
/// use sqs_batch::BatchOutcome;
///
/// /// What a function may do with it before it returns the response to Lambda.
/// fn summary(outcome: &BatchOutcome<String>) -> String {
///     let failed = &outcome.response.batch_item_failures;
///     let failed: Vec<_> = failed.iter().map(|failure| &*failure.item_identifier).collect();
///     format!("new: {}; failed: {}", outcome.done.join(", "), failed.join(", "))
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BatchOutcome<Event> {
    /// The messages that SQS should keep, each id once. The function returns it.
    pub response: SqsBatchResponse,
    /// The number of records per outcome.
    pub counts: BatchCounts,
    /// The events whose work this batch did, one for each key that has a record with the outcome
    /// [`RecordOutcome::Done`], in the order of the batch; for a FIFO queue, in the order in which
    /// they were done.
    pub done: Vec<Event>,
}

/// Counts of a batch's outcomes, by record, for metrics. Their sum is the size of the batch. A
/// record whose message id is returned counts as failed, whatever its own outcome was.
///
/// ```
/// let counts = sqs_batch::BatchCounts::default();
/// assert_eq!(counts.done + counts.already_done + counts.failed(), 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchCounts {
    /// [`RecordOutcome::Done`].
    pub done: u64,
    /// [`RecordOutcome::AlreadyDone`].
    pub already_done: u64,
    /// [`RecordOutcome::Retry`]: to be delivered again.
    pub retried: u64,
    /// [`RecordOutcome::Poison`].
    pub poison: u64,
}

impl BatchCounts {
    /// Returns the number of records reported to SQS as failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.retried + self.poison
    }

    pub(crate) fn record(&mut self, outcome: &RecordOutcome) {
        match outcome {
            RecordOutcome::Done => self.done += 1,
            RecordOutcome::AlreadyDone => self.already_done += 1,
            RecordOutcome::Retry(_) => self.retried += 1,
            RecordOutcome::Poison(_) => self.poison += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_increments_its_own_count() {
        let mut counts = BatchCounts::default();
        let (retry, poison) =
            (RecordOutcome::Retry(String::new()), RecordOutcome::Poison(String::new()));
        for (outcome, times) in
            [(RecordOutcome::Done, 1), (RecordOutcome::AlreadyDone, 2), (retry, 3), (poison, 4)]
        {
            (0..times).for_each(|_| counts.record(&outcome));
        }
        assert_eq!(counts, BatchCounts { done: 1, already_done: 2, retried: 3, poison: 4 });
        assert_eq!(counts.failed(), 7);
    }
}
