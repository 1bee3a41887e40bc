//! The batch of a standard queue: its records have no order, so all of them are prepared, those with
//! equal keys as one item, and committed together.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use tokio::time::Instant;

use crate::RecordOutcome;
use crate::isolation::{decode_body, prepare_item};
use crate::record::Record;
use crate::report::share_failures_by_message_id;

/// The work of a batch: one item per key.
pub(crate) struct Prepared<Event, Item> {
    /// The records of each item, in the order of the items.
    folds: Vec<Fold<Event>>,
    pub(crate) items: Vec<Item>,
}

/// The records with one key, which share an item.
struct Fold<Event> {
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
    let mut folds = Vec::<Fold<Event>>::new();
    let mut items = Vec::new();
    let mut fold_of = HashMap::<Key, usize>::new();
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
        if let Some(fold) = fold_of.get(&key) {
            folds[*fold].records.push(position);
            continue;
        }
        match prepare_item(&event, &prepare) {
            Ok(item) => {
                fold_of.insert(key, folds.len());
                folds.push(Fold { event, records: vec![position] });
                items.push(item);
            }
            Err(outcome) => record.outcome = outcome,
        }
    }
    Prepared { folds, items }
}

impl<Event, Item> Prepared<Event, Item> {
    /// Gives each record the outcome of its item. Returns the events that were done.
    pub(crate) fn finish<Key>(
        self,
        records: &mut [Record<Key>],
        outcomes: Vec<RecordOutcome>,
    ) -> Vec<Event> {
        for (fold, outcome) in self.folds.iter().zip(outcomes) {
            for position in &fold.records {
                records[*position].outcome = outcome.clone();
            }
        }
        share_failures_by_message_id(records);
        let is_done = |position: &usize| records[*position].outcome == RecordOutcome::Done;
        let done = self.folds.into_iter().filter(|fold| fold.records.iter().any(is_done));
        done.map(|fold| fold.event).collect()
    }
}
