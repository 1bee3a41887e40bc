//! What holds of every batch of a FIFO queue.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sqs_batch::RecordOutcome;

use super::{Batch, batches, independent_groups, is_retry};
use crate::model::{Fault, Outcomes};
use crate::{is_success, kind};

/// The kind of outcome that each record should have, and the records that should be committed, if the
/// groups share nothing. Each group is worked on alone and record by record.
fn expected(batch: &Batch) -> (Vec<&'static str>, BTreeSet<usize>) {
    let mut kinds = vec!["poison"; batch.records.len()];
    let mut committed = BTreeSet::new();
    for positions in batch.groups().values() {
        let mut is_blocked = false;
        let mut successes = BTreeMap::<u32, &str>::new();
        for position in positions {
            let record = &batch.records[*position];
            let reaches_commit = record.fault.reaches_commit();
            // `key` comes before the panic of `prepare`, so a done key needs no `prepare`.
            let is_folded = reaches_commit || record.fault == Fault::PreparePanic;
            kinds[*position] = if is_blocked {
                "retry"
            } else if let Some(kind) = successes.get(&record.key).copied().filter(|_| is_folded) {
                kind
            } else {
                if reaches_commit {
                    committed.insert(*position);
                }
                let kind = record.fault.expected();
                if kind == "done" || kind == "already done" {
                    successes.insert(record.key, kind);
                }
                is_blocked = kind == "retry" && !batch.is_last_receive(record);
                kind
            };
        }
    }
    (kinds, committed)
}

proptest! {
    #[test]
    fn every_fifo_record_has_one_outcome(batch in batches()) {
        let Outcomes { outcome, observed, started, .. } = batch.process();
        let outcome = outcome.unwrap();
        let observed_ids = observed.iter().map(|(id, _)| id);
        prop_assert!(observed_ids.eq(batch.records.iter().map(|record| &record.id)));

        let failures = outcome.response.batch_item_failures.iter();
        let returned: Vec<_> = failures.map(|failure| &*failure.item_identifier).collect();
        let returned_once: BTreeSet<_> = returned.iter().copied().collect();
        prop_assert_eq!(returned.len(), returned_once.len(), "an id is returned once");
        for (position, (id, outcome)) in observed.iter().enumerate() {
            prop_assert_eq!(is_success(outcome), !returned_once.contains(&**id), "{}", id);
            prop_assert_eq!(outcome, &observed[batch.first_with_id(position)].1, "{}", id);
        }
        let counts = outcome.counts;
        let total = counts.done + counts.already_done + counts.retried + counts.poison;
        prop_assert_eq!(total, batch.records.len() as u64);
        prop_assert_eq!(
            counts.failed(),
            observed.iter().filter(|(_, outcome)| !is_success(outcome)).count() as u64
        );

        // `done` has the events whose own commit returned `Done`, in the order of the commits.
        let committed = started.iter().flat_map(|chunk| &chunk.events);
        let done = committed.filter(|event| observed[event.position].1 == RecordOutcome::Done);
        prop_assert!(done.eq(&outcome.done));
        let keys: BTreeSet<_> = outcome.done.iter().map(|event| event.key).collect();
        prop_assert_eq!(keys.len(), outcome.done.len(), "an event is done once");
    }

    /// The rule of a FIFO queue.
    #[test]
    fn nothing_of_a_group_is_committed_after_a_retry(batch in batches()) {
        let Outcomes { observed, started, .. } = batch.process();
        let committed: BTreeSet<_> =
            started.iter().flat_map(|chunk| &chunk.events).map(|event| event.position).collect();
        for positions in batch.groups().values() {
            let will_be_tried_again = |position: &usize| {
                is_retry(&observed[*position].1)
                    && !batch.is_last_receive(&batch.records[*position])
            };
            let mut rest = positions.iter().skip_while(|position| !will_be_tried_again(position));
            let blocking = rest.next();
            for position in rest {
                prop_assert!(!committed.contains(position), "{position} after {blocking:?}");
                prop_assert!(is_retry(&observed[*position].1), "{position} after {blocking:?}");
            }
        }
    }

    #[test]
    fn group_is_committed_in_order_and_one_at_a_time(batch in batches()) {
        let started = batch.process().started;
        let mut last = BTreeMap::new();
        for chunk in &started {
            for event in &chunk.events {
                let record = &batch.records[event.position];
                prop_assert_eq!(batch.first_with_id(event.position), event.position);
                let group = record.group.expect("a record without a group is not committed");
                // Chunks that start together are committed together.
                let before = last.insert(group, (chunk.start, event.position));
                if let Some((start, position)) = before {
                    prop_assert!(start < chunk.start, "{group} is committed twice at a time");
                    prop_assert!(position < event.position, "{group} is out of order");
                }
            }
        }
    }

    #[test]
    fn key_is_committed_again_only_after_a_failure(batch in batches()) {
        let Outcomes { observed, started, .. } = batch.process();
        let mut earlier = BTreeMap::new();
        for chunk in &started {
            for event in &chunk.events {
                let is_done = is_success(&observed[event.position].1);
                if let Some((start, was_done)) = earlier.insert(event.key, (chunk.start, is_done)) {
                    prop_assert!(!was_done, "{} is committed after a success", event.key);
                    prop_assert!(start < chunk.start, "{} is committed twice at a time", event.key);
                }
            }
        }
    }

    #[test]
    fn outcomes_are_those_of_each_group_record_by_record(batch in independent_groups()) {
        let Outcomes { observed, started, .. } = batch.process();
        let committed: BTreeSet<_> =
            started.iter().flat_map(|chunk| &chunk.events).map(|event| event.position).collect();
        let kinds: Vec<_> = observed.iter().map(|(_, outcome)| kind(outcome)).collect();
        prop_assert_eq!((kinds, committed), expected(&batch));
    }

    #[test]
    fn group_has_the_outcomes_that_it_has_alone(batch in independent_groups()) {
        let observed = batch.process().observed;
        for positions in batch.groups().values() {
            let records = positions.iter().map(|position| batch.records[*position].clone());
            let alone = Batch { records: records.collect(), ..batch };
            let together: Vec<_> = positions.iter().map(|position| observed[*position].clone()).collect();
            prop_assert_eq!(alone.process().observed, together);
        }
    }
}
