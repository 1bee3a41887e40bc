//! The partial batch response of a batch whose records have their outcomes.

use std::collections::HashSet;

use aws_lambda_events::sqs::SqsBatchResponse;

use crate::record::Record;
use crate::{BatchCounts, Observer};

/// Reports each record to the observer. Returns the failed message ids, each once, and the counts.
pub(crate) fn report<Key>(
    records: &[Record<Key>],
    observer: &impl Observer<Key>,
) -> (SqsBatchResponse, BatchCounts) {
    let mut response = SqsBatchResponse::default();
    let mut counts = BatchCounts::default();
    let mut failed = HashSet::new();
    for Record { message_id, span, key, outcome, .. } in records {
        span.in_scope(|| observer.outcome(message_id, key.as_ref(), outcome));
        counts.record(outcome);
        if !outcome.is_success() && failed.insert(message_id) {
            response.add_failure(message_id);
        }
    }
    (response, counts)
}
