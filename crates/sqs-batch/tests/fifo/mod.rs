//! Random batches of a FIFO queue.

mod order;
mod queue;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use sqs_batch::RecordOutcome;

use crate::model::{self, Fault, Outcomes};

#[derive(Clone, Debug)]
struct Record {
    id: String,
    /// `None` is a malformed record.
    group: Option<u8>,
    key: u32,
    fault: Fault,
    receive_count: Option<u32>,
}

#[derive(Clone, Debug)]
struct Batch {
    records: Vec<Record>,
    max_receive_count: Option<u32>,
}

impl Batch {
    fn process(&self) -> Outcomes {
        let records = self.records.iter().enumerate();
        let records: Vec<_> = records.map(|(position, record)| record.json(position)).collect();
        model::process_json(&records, self.max_receive_count)
    }

    fn is_last_receive(&self, record: &Record) -> bool {
        match (record.receive_count, self.max_receive_count) {
            (Some(receive_count), Some(max)) => receive_count >= max,
            _ => false,
        }
    }

    /// The positions of each group's records. A record with the id of an earlier one is the same
    /// message, and not in it.
    fn groups(&self) -> BTreeMap<u8, Vec<usize>> {
        let mut groups = BTreeMap::<u8, Vec<usize>>::new();
        for (position, record) in self.records.iter().enumerate() {
            if self.first_with_id(position) != position {
                continue;
            }
            if let Some(group) = record.group {
                groups.entry(group).or_default().push(position);
            }
        }
        groups
    }

    fn first_with_id(&self, position: usize) -> usize {
        let id = &self.records[position].id;
        self.records.iter().position(|record| record.id == *id).expect("the record itself")
    }
}

impl Record {
    fn json(&self, position: usize) -> Value {
        json!({
            "messageId": self.id,
            "body": model::body(position, self.key, self.fault),
            "attributes": {
                "MessageGroupId": self.group.map(|group| group.to_string()),
                "ApproximateReceiveCount": self.receive_count.map(|count| count.to_string()),
            },
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders.fifo",
        })
    }
}

/// Batches with any fault, equal keys, and sometimes repeated ids or no group.
fn batches() -> impl Strategy<Value = Batch> {
    let id = prop_oneof![9 => any::<u64>().prop_map(|id| format!("{id:016x}")), 1 => "[a-c]"];
    let group = prop_oneof![15 => (0_u8..4).prop_map(Some), 1 => Just(None)];
    let receive_count = prop::option::weighted(0.9, 1_u32..5);
    let record = (id, group, 0_u32..12, any::<Fault>(), receive_count).prop_map(
        |(id, group, key, fault, receive_count)| Record { id, group, key, fault, receive_count },
    );
    let records = prop::collection::vec(record, 0..20);
    (records, prop::option::of(1_u32..4))
        .prop_map(|(records, max_receive_count)| Batch { records, max_receive_count })
}

/// Batches whose groups share nothing: no fault of a whole chunk, no key in two groups, no id twice.
fn independent_groups() -> impl Strategy<Value = Batch> {
    batches().prop_map(|mut batch| {
        batch.records.retain(|record| !record.fault.fails_chunk());
        for (position, record) in batch.records.iter_mut().enumerate() {
            record.id = format!("m{position}");
            record.key += 100 * u32::from(record.group.unwrap_or(9));
        }
        batch
    })
}

fn is_retry(outcome: &RecordOutcome) -> bool {
    matches!(outcome, RecordOutcome::Retry(_))
}
