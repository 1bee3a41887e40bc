//! The batch of a standard queue: its records have no order, so all of them are prepared, those with
//! equal keys as one item, and committed together.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use tokio::time::Instant;

use crate::RecordOutcome;
use crate::isolation::{decode_body, prepare_item};
use crate::record::Record;

/// The work of a batch: one item per key.
pub(crate) struct Prepared<Event, Item> {
    /// The records of each item, in the order of the items.
    shared_items: Vec<SharedItem<Event>>,
    pub(crate) items: Vec<Item>,
}

/// The records with one key, which share an item.
struct SharedItem<Event> {
    /// The event of the first of them.
    event: Event,
    /// Their positions in the batch.
    records: Vec<usize>,
}

/// Prepares one item per key. A record that cannot be decoded or prepared becomes poison. Records
/// after the deadline keep their outcome.
pub(crate) fn prepare_all<Event, Error: Display, Key: Clone + Eq + Hash, Item>(
    records: &mut [Record<Key>],
    deadline: Instant,
    decode: impl Fn(&str) -> Result<Event, Error>,
    key: impl Fn(&Event) -> Key,
    prepare: impl Fn(&Event) -> Item,
) -> Prepared<Event, Item> {
    let mut shared_items = Vec::<SharedItem<Event>>::new();
    let mut items = Vec::new();
    let mut item_of = HashMap::<Key, usize>::new();
    for (position, record) in records.iter_mut().enumerate() {
        if Instant::now() >= deadline {
            break;
        }
        let _entered = record.span.enter();
        let (key, event) = match decode_body(&record.body, &decode, &key) {
            Ok(decoded) => decoded,
            Err(outcome) => {
                record.outcome = outcome;
                continue;
            }
        };
        record.key = Some(key.clone());
        if let Some(shared) = item_of.get(&key) {
            shared_items[*shared].records.push(position);
            continue;
        }
        match prepare_item(&event, &prepare) {
            Ok(item) => {
                item_of.insert(key, shared_items.len());
                shared_items.push(SharedItem { event, records: vec![position] });
                items.push(item);
            }
            Err(outcome) => record.outcome = outcome,
        }
    }
    Prepared { shared_items, items }
}

impl<Event, Item> Prepared<Event, Item> {
    /// Gives each record the outcome of its item. Returns the events that were done.
    pub(crate) fn finish<Key>(
        self,
        records: &mut [Record<Key>],
        outcomes: Vec<RecordOutcome>,
    ) -> Vec<Event> {
        for (shared, outcome) in self.shared_items.iter().zip(outcomes) {
            for position in &shared.records {
                records[*position].outcome = outcome.clone();
            }
        }
        share_failures_by_message_id(records);
        let is_done = |position: &usize| records[*position].outcome == RecordOutcome::Done;
        let done =
            self.shared_items.into_iter().filter(|shared| shared.records.iter().any(is_done));
        done.map(|shared| shared.event).collect()
    }
}

/// SQS keeps or deletes a message by its id. So if a batch has an id twice, and one of its records
/// failed, all of them get the outcome of the first that did.
fn share_failures_by_message_id<Key>(records: &mut [Record<Key>]) {
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
