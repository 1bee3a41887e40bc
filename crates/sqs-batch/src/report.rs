//! The partial batch response of a batch whose records have their outcomes.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::sqs::SqsBatchResponse;

use crate::record::Record;
use crate::{BatchCounts, Observer};

/// SQS keeps or deletes a message by its id. So if a batch has an id twice, and one of its records
/// failed, all of them get the outcome of the first that did.
pub(crate) fn share_failures_by_message_id<Key>(records: &mut [Record<Key>]) {
    let mut failures = HashMap::<&str, usize>::new();
    for (position, record) in records.iter().enumerate() {
        if !record.outcome.is_success() {
            failures.entry(&record.message_id).or_insert(position);
        }
    }
    if failures.is_empty() {
        return;
    }
    let outcome = |record: &Record<Key>| {
        failures.get(&*record.message_id).map(|position| records[*position].outcome.clone())
    };
    let shared: Vec<_> = records.iter().map(outcome).collect();
    for (record, outcome) in records.iter_mut().zip(shared) {
        if let Some(outcome) = outcome {
            record.outcome = outcome;
        }
    }
}

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
