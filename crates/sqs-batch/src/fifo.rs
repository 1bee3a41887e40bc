//! The batch of a FIFO queue: rounds, each with at most one record of a message group, so that the
//! next record of the group waits for the outcome of the one before it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Display;
use std::hash::Hash;

use tokio::time::Instant;

use crate::RecordOutcome;
use crate::isolation::{decode_body, prepare_item};
use crate::record::Record;

const NO_GROUP: &str = "the message has no MessageGroupId, which every message of a FIFO queue has";
const GROUP_BLOCKED: &str = "an earlier message of its group will be tried again";

/// The rounds of a batch: [`Rounds::next_round`], commit, [`Rounds::record_outcomes`], until a round has no items.
pub(crate) struct Rounds<'a, Key, Event> {
    records: &'a mut [Record<Key>],
    max_receive_count: Option<u32>,
    groups: Vec<MessageGroup<Key, Event>>,
    /// The outcome of each key whose work was done.
    successes: HashMap<Key, RecordOutcome>,
    done: Vec<Event>,
    repeated: Vec<Repeated>,
}

/// The records of a message group that are not started.
struct MessageGroup<Key, Event> {
    /// Their positions in the batch, in its order.
    waiting: VecDeque<usize>,
    /// The first of them, if it is decoded and waits for an equal key in another group.
    decoded: Option<(Key, Event)>,
}

/// A record with the message id of an earlier one. SQS knows both as one message.
struct Repeated {
    position: usize,
    first: usize,
}

/// The items of a round, each of another message group and with another key.
pub(crate) struct Round<Key, Event, Item> {
    /// The record of each item, in the order of the items.
    entries: Vec<Entry<Key, Event>>,
    pub(crate) items: Vec<Item>,
}

struct Entry<Key, Event> {
    group: usize,
    position: usize,
    key: Key,
    event: Event,
}

impl<'a, Key: Clone + Eq + Hash, Event> Rounds<'a, Key, Event> {
    /// Sorts the records by message group. A record without a group becomes poison.
    pub(crate) fn new(records: &'a mut [Record<Key>], max_receive_count: Option<u32>) -> Self {
        let mut groups = Vec::<MessageGroup<Key, Event>>::new();
        let mut group_of = HashMap::<String, usize>::new();
        let mut first_with_id = HashMap::<String, usize>::new();
        let mut repeated = Vec::new();
        for (position, record) in records.iter_mut().enumerate() {
            if let Some(first) = first_with_id.get(&record.message_id) {
                repeated.push(Repeated { position, first: *first });
                continue;
            }
            first_with_id.insert(record.message_id.clone(), position);
            let Some(group_id) = record.group_id.take() else {
                record.outcome = RecordOutcome::Poison(NO_GROUP.to_owned());
                continue;
            };
            let group = *group_of.entry(group_id).or_insert(groups.len());
            if group == groups.len() {
                groups.push(MessageGroup { waiting: VecDeque::new(), decoded: None });
            }
            groups[group].waiting.push_back(position);
        }
        Self {
            records,
            max_receive_count,
            groups,
            successes: HashMap::new(),
            done: Vec::new(),
            repeated,
        }
    }

    /// Prepares the next record of each group. A record that cannot be decoded or prepared becomes
    /// poison, one whose key is done gets the outcome of that key, and the group goes on with the
    /// next record. There are no items when all is done, or after the deadline.
    pub(crate) fn next_round<Error: Display, Item>(
        &mut self,
        deadline: Instant,
        decode: impl Fn(&str) -> Result<Event, Error>,
        key: impl Fn(&Event) -> Key,
        prepare: impl Fn(&Event) -> Item,
    ) -> Round<Key, Event, Item> {
        let mut round = Round { entries: Vec::new(), items: Vec::new() };
        let mut keys = HashSet::new();
        for (index, group) in self.groups.iter_mut().enumerate() {
            while let Some(&position) = group.waiting.front() {
                if Instant::now() >= deadline {
                    return round;
                }
                let record = &mut self.records[position];
                let _entered = record.span.enter();
                let decoded = match group.decoded.take() {
                    Some(decoded) => Ok(decoded),
                    None => decode_body(&record.body, &decode, &key),
                };
                let (key, event) = match decoded {
                    Ok(decoded) => decoded,
                    Err(outcome) => {
                        record.outcome = outcome;
                        group.waiting.pop_front();
                        continue;
                    }
                };
                record.key = Some(key.clone());
                if keys.contains(&key) {
                    group.decoded = Some((key, event));
                    break;
                }
                group.waiting.pop_front();
                if let Some(outcome) = self.successes.get(&key) {
                    record.outcome = outcome.clone();
                    continue;
                }
                match prepare_item(&event, &prepare) {
                    Ok(item) => {
                        keys.insert(key.clone());
                        round.entries.push(Entry { group: index, position, key, event });
                        round.items.push(item);
                        break;
                    }
                    Err(outcome) => record.outcome = outcome,
                }
            }
        }
        round
    }

    /// Takes the outcomes of a round. A group goes on unless its record will be tried again.
    pub(crate) fn record_outcomes<Item>(
        &mut self,
        round: Round<Key, Event, Item>,
        outcomes: Vec<RecordOutcome>,
    ) {
        for (entry, outcome) in round.entries.into_iter().zip(outcomes) {
            let Entry { group, position, key, event } = entry;
            let record = &mut self.records[position];
            record.outcome = outcome;
            match &record.outcome {
                RecordOutcome::Done => {
                    self.successes.insert(key, RecordOutcome::Done);
                    self.done.push(event);
                }
                RecordOutcome::AlreadyDone => {
                    self.successes.insert(key, RecordOutcome::AlreadyDone);
                }
                RecordOutcome::Retry(_) if !is_last_receive(record, self.max_receive_count) => {
                    for position in self.groups[group].waiting.drain(..) {
                        let blocked = RecordOutcome::Retry(GROUP_BLOCKED.to_owned());
                        self.records[position].outcome = blocked;
                    }
                }
                // The message goes to the dead-letter queue, now or in the end.
                RecordOutcome::Retry(_) | RecordOutcome::Poison(_) => {}
            }
        }
    }

    /// Completes the outcomes of all records. Returns the events that were done, in that order.
    pub(crate) fn finish(self) -> Vec<Event> {
        for Repeated { position, first } in self.repeated {
            let Record { key, outcome, .. } = &self.records[first];
            let (key, outcome) = (key.clone(), outcome.clone());
            self.records[position].key = key;
            self.records[position].outcome = outcome;
        }
        self.done
    }
}

/// Whether SQS moves the message to the dead-letter queue if it fails now.
fn is_last_receive<Key>(record: &Record<Key>, max_receive_count: Option<u32>) -> bool {
    match (record.receive_count, max_receive_count) {
        (Some(receive_count), Some(max)) => receive_count >= max,
        _ => false,
    }
}
