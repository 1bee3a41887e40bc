//! A FIFO queue that delivers its messages until each is deleted or in the dead-letter queue.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use sqs_batch::RecordOutcome;

use super::{Batch, Record};
use crate::model::Fault;

const MAX_RECEIVE_COUNT: u32 = 3;
/// Lambda's limit for FIFO queues.
const BATCH_SIZE: usize = 10;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Good,
    /// Its first commits fail.
    BusyFor(u32),
    /// Every delivery fails.
    Fails(Fault),
}

const FAILS: [Fault; 7] = [
    Fault::Busy,
    Fault::Refused,
    Fault::Undecodable,
    Fault::NoBody,
    Fault::DecodePanic,
    Fault::KeyPanic,
    Fault::PreparePanic,
];

#[derive(Clone, Debug)]
struct Message {
    number: usize,
    group: u8,
    kind: Kind,
    receives: u32,
    commits: u32,
}

impl Message {
    fn record(&self) -> Record {
        let fault = match self.kind {
            Kind::Fails(fault) => fault,
            Kind::BusyFor(commits) if self.commits < commits => Fault::Busy,
            Kind::Good | Kind::BusyFor(_) => Fault::None,
        };
        Record {
            id: self.number.to_string(),
            group: Some(self.group),
            key: u32::try_from(self.number).expect("a small number"),
            fault,
            receive_count: Some(self.receives),
        }
    }
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let fault = any::<Index>().prop_map(|index| Kind::Fails(*index.get(&FAILS)));
    let kind =
        prop_oneof![3 => Just(Kind::Good), 1 => (1_u32..4).prop_map(Kind::BusyFor), 1 => fault];
    prop::collection::vec((0_u8..4, kind), 0..30).prop_map(|messages| {
        let message =
            |(number, (group, kind))| Message { number, group, kind, receives: 0, commits: 0 };
        messages.into_iter().enumerate().map(message).collect()
    })
}

/// What became of the messages, by number.
#[derive(Default)]
struct Ends {
    done: Vec<usize>,
    dead: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Delivery {
    size: usize,
    /// SQS may deliver some of the groups only.
    first_group: u8,
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    let delivery =
        (1..=BATCH_SIZE, 0_u8..4).prop_map(|(size, first_group)| Delivery { size, first_group });
    prop::collection::vec(delivery, 1..20)
}

/// Returns the indexes of the next messages: of each group its first ones. Those that SQS has delivered
/// as often as it may go to the dead-letter queue instead.
fn receive(queue: &mut Vec<Message>, delivery: Delivery, dead: &mut Vec<usize>) -> Vec<usize> {
    let is_delivered = |message: &Message| message.group >= delivery.first_group;
    let mut received = 0;
    queue.retain_mut(|message| {
        if received == delivery.size || !is_delivered(message) {
            return true;
        }
        if message.receives == MAX_RECEIVE_COUNT {
            dead.push(message.number);
            return false;
        }
        message.receives += 1;
        received += 1;
        true
    });
    let delivered = queue.iter().enumerate().filter(|(_, message)| is_delivered(message));
    delivered.take(received).map(|(index, _)| index).collect()
}

/// Delivers the messages, as long as there are any.
fn run(mut queue: Vec<Message>, deliveries: &[Delivery]) -> Ends {
    let mut ends = Ends::default();
    let everything = Delivery { size: BATCH_SIZE, first_group: 0 };
    let deliveries = deliveries.iter().copied().chain(std::iter::repeat(everything));
    for delivery in deliveries.take(1_000) {
        if queue.is_empty() {
            return ends;
        }
        let received = receive(&mut queue, delivery, &mut ends.dead);
        let records = received.iter().map(|index| queue[*index].record()).collect();
        let batch = Batch { records, max_receive_count: Some(MAX_RECEIVE_COUNT) };
        let outcomes = batch.process();
        for event in outcomes.started.iter().flat_map(|chunk| &chunk.events) {
            queue[received[event.position]].commits += 1;
            if outcomes.observed[event.position].1 == RecordOutcome::Done {
                ends.done.push(queue[received[event.position]].number);
            }
        }
        let response = outcomes.outcome.expect("all have an id").response;
        let failures = response.batch_item_failures.into_iter();
        let failures: BTreeSet<_> = failures.map(|failure| failure.item_identifier).collect();
        let deleted = received.iter().map(|index| queue[*index].number);
        let deleted: BTreeSet<_> =
            deleted.filter(|number| !failures.contains(&number.to_string())).collect();
        queue.retain(|message| !deleted.contains(&message.number));
    }
    panic!("the queue is never empty: {queue:?}");
}

proptest! {
    #[test]
    fn good_messages_are_done_in_order_and_failing_ones_are_dead(
        messages in messages(),
        deliveries in deliveries(),
    ) {
        let Ends { done, dead } = run(messages.clone(), &deliveries);
        let mut ended: Vec<_> = done.iter().chain(&dead).copied().collect();
        ended.sort_unstable();
        prop_assert!(ended.into_iter().eq(0..messages.len()), "each message ends once");

        for message in &messages {
            match message.kind {
                Kind::Good => prop_assert!(done.contains(&message.number), "{:?}", message),
                Kind::Fails(_) => prop_assert!(dead.contains(&message.number), "{:?}", message),
                // The deliveries that it waited behind another one count as well.
                Kind::BusyFor(_) => {}
            }
        }
        let mut last = BTreeMap::new();
        for number in done {
            let before = last.insert(messages[number].group, number);
            prop_assert!(before < Some(number), "{number} is done after {before:?}");
        }
    }

    #[test]
    fn poison_fails_alone_in_its_group(position in 0..BATCH_SIZE, fault in 1..FAILS.len()) {
        let record = |number| {
            let kind = if number == position { Kind::Fails(FAILS[fault]) } else { Kind::Good };
            Message { number, group: 0, kind, receives: 1, commits: 0 }.record()
        };
        let records = (0..BATCH_SIZE).map(record).collect();
        let batch = Batch { records, max_receive_count: Some(MAX_RECEIVE_COUNT) };
        let failures = batch.process().outcome.unwrap().response.batch_item_failures;
        let failures: Vec<_> = failures.into_iter().map(|failure| failure.item_identifier).collect();
        prop_assert_eq!(failures, [position.to_string()]);
    }
}
