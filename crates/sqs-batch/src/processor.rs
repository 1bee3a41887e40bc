//! The processor: its functions, its settings, and the way of a batch through it.

use std::fmt::Display;
use std::hash::Hash;

use tokio::time::Instant;

use crate::commit::commit_in_chunks;
use crate::fifo::Rounds;
use crate::record::records;
use crate::report::report;
use crate::standard::prepare_all;
use crate::{BatchError, BatchOutcome, LenientSqsEvent, Observer, RecordOutcome};

/// Processes SQS batches: decode, isolate, commit, report. [`Processor::new`] takes the four
/// functions that know the work. A processor keeps nothing between batches.
///
/// It works for standard and for FIFO queues. A batch is of a FIFO queue if an `eventSourceARN` ends
/// in `.fifo`. Then the processor keeps the order within each message group: nothing of a group is
/// committed after one of its messages was returned to be tried again. Set
/// [`Processor::max_receive_count`] for a FIFO queue that has a dead-letter queue.
///
/// ```
/// use sqs_batch::{LenientSqsEvent, Processor, RecordOutcome};
/// use tokio::time::{Duration, Instant};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let processor = Processor::new(
///     |body: &str| body.parse::<u32>(),
///     |number: &u32| *number,
///     |number: &u32| number * number,
///     async |squares: &[u32]| {
///         println!("{squares:?}");
///         vec![RecordOutcome::Done; squares.len()]
///     },
/// );
/// let batch: LenientSqsEvent = serde_json::from_str(
///     r#"{"Records": [
///         {"messageId": "a", "body": "7"},
///         {"messageId": "b", "body": "seven"},
///         {"messageId": "c", "body": "7"}
///     ]}"#,
/// )?;
/// let outcome = processor.process(batch, Instant::now() + Duration::from_secs(10)).await?;
///
/// assert_eq!(outcome.response.batch_item_failures.len(), 1);
/// assert_eq!(outcome.response.batch_item_failures[0].item_identifier, "b");
/// assert_eq!((outcome.counts.done, outcome.counts.poison), (2, 1));
/// assert_eq!(outcome.done, [7], "equal keys are one item");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Processor<Decode, KeyOf, Prepare, Commit, Hook = ()> {
    decode: Decode,
    key: KeyOf,
    prepare: Prepare,
    commit: Commit,
    chunk_size: usize,
    max_receive_count: Option<u32>,
    observer: Hook,
}

impl<Decode, KeyOf, Prepare, Commit> Processor<Decode, KeyOf, Prepare, Commit> {
    /// The default of [`Processor::chunk_size`]: SQS's default batch size, and the limit of its own
    /// batch requests.
    const DEFAULT_CHUNK_SIZE: usize = 10;

    /// Returns a processor of these four functions.
    ///
    /// - `decode` parses a body. An error makes the record poison, with the error as its reason;
    ///   so it must not quote what a log must not contain. A missing body is an empty one.
    /// - `key` says what an event is about. Records with equal keys are one item of work, prepared
    ///   for the first of them, and share its outcome. In a FIFO queue they share a success only:
    ///   after a failure the next record with the key has its own item.
    /// - `prepare` makes the item of work for an event, without side effects.
    /// - `commit` does the work for a chunk of items with different keys and returns one outcome
    ///   for each item, in their order. It must be idempotent: SQS delivers at least once, and
    ///   work that is cut off at the deadline is delivered again.
    ///
    /// A panic in one of the first three makes its own record poison, and no other. Its message is
    /// printed by the panic hook, and may quote the body. A panic in `commit`, or another
    /// number of outcomes than items, makes all records of the chunk `Retry`.
    #[must_use]
    pub fn new<Event, Error, Key, Item>(
        decode: Decode,
        key: KeyOf,
        prepare: Prepare,
        commit: Commit,
    ) -> Self
    where
        Decode: Fn(&str) -> Result<Event, Error>,
        Error: Display,
        KeyOf: Fn(&Event) -> Key,
        Key: Clone + Eq + Hash,
        Prepare: Fn(&Event) -> Item,
        Commit: AsyncFn(&[Item]) -> Vec<RecordOutcome>,
    {
        Self {
            decode,
            key,
            prepare,
            commit,
            chunk_size: Self::DEFAULT_CHUNK_SIZE,
            max_receive_count: None,
            observer: (),
        }
    }

    /// Sets the [`Observer`], which sees each record's trace context and outcome.
    #[must_use]
    pub fn observer<Hook>(self, observer: Hook) -> Processor<Decode, KeyOf, Prepare, Commit, Hook> {
        let Self { decode, key, prepare, commit, chunk_size, max_receive_count, observer: () } =
            self;
        Processor { decode, key, prepare, commit, chunk_size, max_receive_count, observer }
    }
}

impl<Decode, KeyOf, Prepare, Commit, Hook> Processor<Decode, KeyOf, Prepare, Commit, Hook> {
    /// Sets the maximum number of items in one `commit`, 10 by default. For `DynamoDB`'s batch
    /// writes it is 25. The chunks of a batch are committed concurrently, in one task. For a FIFO
    /// queue these are the chunks of a round, which has one record of each message group.
    ///
    /// # Panics
    ///
    /// If `items` is 0.
    #[must_use]
    pub fn chunk_size(self, items: usize) -> Self {
        assert!(items > 0, "a chunk has at least one item");
        Self { chunk_size: items, ..self }
    }

    /// Sets the `maxReceiveCount` of the queue's [redrive policy]. It is used for FIFO queues only:
    /// SQS moves a message that fails on its last receive to the dead-letter queue, so the rest of
    /// its group need not wait for it. `ApproximateReceiveCount` says which receive it is.
    ///
    /// By default no receive counts as the last. Then a message that fails every time takes its
    /// group with it: the messages behind it are never tried, reach `maxReceiveCount` as it does,
    /// and follow it into the dead-letter queue. A number below the queue's breaks the order: the
    /// group goes on while SQS still delivers the failed message again. SQS allows 1 to 1,000.
    ///
    /// # Panics
    ///
    /// If `receives` is 0.
    ///
    /// [redrive policy]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    #[must_use]
    pub fn max_receive_count(self, receives: u32) -> Self {
        assert!(receives > 0, "a message is received at least once");
        Self { max_receive_count: Some(receives), ..self }
    }

    /// Processes one batch. Every record gets exactly one outcome; those that failed are in the
    /// response. Work that is not done at the deadline ([`work_deadline`](crate::work_deadline)) is
    /// reported as failed, and nothing is decoded, prepared or committed after it.
    ///
    /// # Errors
    ///
    /// If a record's failure could not be reported. Then nothing was prepared or committed.
    pub async fn process<Event, Error, Key, Item>(
        &self,
        batch: LenientSqsEvent,
        deadline: Instant,
    ) -> Result<BatchOutcome<Event>, BatchError>
    where
        Decode: Fn(&str) -> Result<Event, Error>,
        Error: Display,
        KeyOf: Fn(&Event) -> Key,
        Key: Clone + Eq + Hash,
        Prepare: Fn(&Event) -> Item,
        Commit: AsyncFn(&[Item]) -> Vec<RecordOutcome>,
        Hook: Observer<Key>,
    {
        let is_fifo = batch.is_fifo();
        let mut records = records(batch, &self.observer)?;
        let Self { decode, key, prepare, commit, .. } = self;
        let done = if is_fifo {
            let mut rounds = Rounds::new(&mut records, self.max_receive_count);
            loop {
                let round = rounds.next_round(deadline, decode, key, prepare);
                if round.items.is_empty() {
                    break rounds.finish();
                }
                let outcomes =
                    commit_in_chunks(&round.items, self.chunk_size, deadline, commit).await;
                rounds.record_outcomes(round, outcomes);
            }
        } else {
            let prepared = prepare_all(&mut records, deadline, decode, key, prepare);
            let outcomes =
                commit_in_chunks(&prepared.items, self.chunk_size, deadline, commit).await;
            prepared.finish(&mut records, outcomes)
        };
        let (response, counts) = report(&records, &self.observer);
        Ok(BatchOutcome { response, counts, done })
    }
}
