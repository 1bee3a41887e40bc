//! Random batches with failures, panics, time-outs, duplicates, malformed and missing message ids.

mod fifo;
mod model;

use std::collections::{BTreeMap, BTreeSet};

use model::{CHUNK, Fault, Outcomes, Record, process, records};
use proptest::prelude::*;
use sqs_batch::{BatchError, RecordOutcome};

/// The message ids of the batch; `None` if one is missing.
fn ids(batch: &[Record]) -> Option<BTreeSet<&str>> {
    batch.iter().map(|record| record.id.as_deref().filter(|id| !id.is_empty())).collect()
}

fn is_success(outcome: &RecordOutcome) -> bool {
    matches!(outcome, RecordOutcome::Done | RecordOutcome::AlreadyDone)
}

/// The kind of an outcome, without its reason.
fn kind(outcome: &RecordOutcome) -> &'static str {
    match outcome {
        RecordOutcome::Done => "done",
        RecordOutcome::AlreadyDone => "already done",
        RecordOutcome::Retry(_) => "retry",
        RecordOutcome::Poison(_) => "poison",
    }
}

proptest! {
    #[test]
    fn missing_message_id_fails_the_batch_before_any_work(batch in records(true)) {
        let missing = batch.iter().position(|record| record.id.as_deref().unwrap_or("").is_empty());
        let result = process(&batch);
        if let Some(position) = missing {
            prop_assert_eq!(result.outcome.err(), Some(BatchError::MissingMessageId { position }));
            prop_assert!(result.observed.is_empty() && result.committed.is_empty());
        } else {
            prop_assert!(result.outcome.is_ok());
        }
    }

    #[test]
    fn every_message_id_is_either_done_or_returned(batch in records(false)) {
        let Outcomes { outcome, observed, committed, .. } = process(&batch);
        let outcome = outcome.unwrap();
        let failures = outcome.response.batch_item_failures.iter();
        let returned: Vec<_> = failures.map(|failure| &*failure.item_identifier).collect();
        let returned_once: BTreeSet<_> = returned.iter().copied().collect();
        prop_assert_eq!(returned.len(), returned_once.len(), "an id is returned once");

        prop_assert_eq!(observed.len(), batch.len());
        let mut by_id = BTreeMap::<&str, bool>::new();
        for ((id, outcome), record) in observed.iter().zip(&batch) {
            prop_assert_eq!(Some(id), record.id.as_ref(), "in the order of the batch");
            let first = by_id.entry(id).or_insert(is_success(outcome));
            prop_assert_eq!(*first, is_success(outcome), "{} has two outcomes", id);
        }
        prop_assert_eq!(by_id.keys().copied().collect::<BTreeSet<_>>(), ids(&batch).unwrap());
        for (id, success) in by_id {
            prop_assert_eq!(success, !returned_once.contains(id), "{}", id);
        }

        let counts = outcome.counts;
        let total = counts.done + counts.already_done + counts.retried + counts.poison;
        prop_assert_eq!(total, batch.len() as u64);
        let failed = observed.iter().filter(|(_, outcome)| !is_success(outcome)).count();
        prop_assert_eq!(counts.failed(), failed as u64);
        let done: BTreeSet<_> = outcome.done.iter().map(|event| event.key).collect();
        prop_assert_eq!(done.len(), outcome.done.len(), "an event is done once");
        let outcomes = observed.iter().map(|(_, outcome)| outcome).zip(&batch);
        let done_records = outcomes.filter(|(outcome, _)| **outcome == RecordOutcome::Done);
        let expected: BTreeSet<_> = done_records.map(|(_, record)| record.key).collect();
        prop_assert_eq!(&done, &expected, "an event is done if one of its messages is");
        prop_assert!(done.iter().all(|key| committed.contains(key)));
        let mut keys = committed.clone();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(keys.len(), committed.len(), "a key is committed once");
    }

    /// With ids and keys of its own, a record's outcome is what its own fault makes it, whatever
    /// happens to the others; the faults of a whole chunk reach no other chunk.
    #[test]
    fn a_fault_never_changes_another_outcome(faults in prop::collection::vec(any::<Fault>(), 0..20)) {
        let record = |(position, fault): (usize, &Fault)| Record {
            id: Some(format!("m{position}")),
            key: u32::try_from(position).unwrap(),
            fault: *fault,
        };
        let batch: Vec<_> = faults.iter().enumerate().map(record).collect();
        let committed: Vec<_> = faults.iter().filter(|fault| fault.reaches_commit()).collect();
        let mut chunks = committed.chunks(CHUNK).flat_map(|chunk| {
            chunk.iter().map(|_| chunk.iter().any(|fault| fault.fails_chunk()))
        });
        for ((_, outcome), fault) in process(&batch).observed.iter().zip(&faults) {
            let chunk_fails = fault.reaches_commit() && chunks.next().unwrap();
            let expected = if chunk_fails { "retry" } else { fault.expected() };
            prop_assert_eq!(kind(outcome), expected, "{:?}", fault);
        }
    }
}
