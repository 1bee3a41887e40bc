//! Processes one batch: prepares each record, groups records with equal keys, commits in chunks and
//! builds the partial batch response.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;
use futures::future::join_all;
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use crate::report::{report, share_failures_by_message_id};
use crate::sqs_event::Message;
use crate::{BatchError, BatchOutcome, LenientSqsEvent, Observer, RecordOutcome};

/// Processes SQS batches: decode, isolate, commit, report. [`Processor::new`] takes the four
/// functions that know the work. A processor keeps nothing between batches. It is for standard
/// queues: of a FIFO queue it would commit later messages of a group after an earlier one failed.
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
    ///   for the first of them, and share its outcome.
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
        let chunk_size = Self::DEFAULT_CHUNK_SIZE;
        Self { decode, key, prepare, commit, chunk_size, observer: () }
    }

    /// Sets the [`Observer`], which sees each record's trace context and outcome.
    #[must_use]
    pub fn observer<Hook>(self, observer: Hook) -> Processor<Decode, KeyOf, Prepare, Commit, Hook> {
        let Self { decode, key, prepare, commit, chunk_size, observer: () } = self;
        Processor { decode, key, prepare, commit, chunk_size, observer }
    }
}

impl<Decode, KeyOf, Prepare, Commit, Hook> Processor<Decode, KeyOf, Prepare, Commit, Hook> {
    /// Sets the maximum number of items in one `commit`, 10 by default. For `DynamoDB`'s batch
    /// writes it is 25. The chunks of a batch are committed concurrently, in one task.
    ///
    /// # Panics
    ///
    /// If `items` is 0.
    #[must_use]
    pub fn chunk_size(self, items: usize) -> Self {
        assert!(items > 0, "a chunk has at least one item");
        Self { chunk_size: items, ..self }
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
        let mut records = records(batch, &self.observer)?;
        let (groups, items) =
            prepare_all(&mut records, deadline, &self.decode, &self.key, &self.prepare);
        // A closure over the chunks would make the future of any `commit` one that is not `Send`.
        let mut commits = Vec::new();
        for chunk in items.chunks(self.chunk_size) {
            commits.push(commit_chunk(chunk, deadline, &self.commit));
        }
        let outcomes = join_all(commits).await.into_iter().flatten();
        for (group, outcome) in groups.iter().zip(outcomes) {
            for position in &group.records {
                records[*position].outcome = outcome.clone();
            }
        }
        share_failures_by_message_id(&mut records);
        let is_done = |position: &usize| records[*position].outcome == RecordOutcome::Done;
        let done = groups.into_iter().filter(|group| group.records.iter().any(is_done));
        let done = done.map(|group| group.event).collect();
        let (response, counts) = report(&records, &self.observer);
        Ok(BatchOutcome { response, counts, done })
    }
}

const NO_TIME_TO_START: &str = "no time left to start";

/// A message of the batch.
pub(crate) struct Record<Key> {
    pub(crate) message_id: String,
    body: String,
    /// Adds the record's trace to its log lines.
    pub(crate) span: Span,
    pub(crate) key: Option<Key>,
    pub(crate) outcome: RecordOutcome,
}

/// The records with one key, which share an item.
struct Group<Event> {
    /// The event of the first of them.
    event: Event,
    /// Their positions in the batch.
    records: Vec<usize>,
}

fn records<Key>(
    batch: LenientSqsEvent,
    observer: &impl Observer<Key>,
) -> Result<Vec<Record<Key>>, BatchError> {
    let record = |(position, message): (usize, Message)| {
        let span = observer.span(message.traceparent());
        let message_id = message.id.filter(|id| !id.is_empty());
        Ok(Record {
            message_id: message_id.ok_or(BatchError::MissingMessageId { position })?,
            body: message.body.unwrap_or_default(),
            span,
            key: None,
            outcome: RecordOutcome::Retry(NO_TIME_TO_START.to_owned()),
        })
    };
    batch.messages.into_iter().enumerate().map(record).collect()
}

/// Prepares one item per key. A record that cannot be decoded or prepared becomes poison. Records
/// after the deadline keep their outcome. Groups and items have the same order.
fn prepare_all<Event, Error: Display, Key: Clone + Eq + Hash, Item>(
    records: &mut [Record<Key>],
    deadline: Instant,
    decode: impl Fn(&str) -> Result<Event, Error>,
    key: impl Fn(&Event) -> Key,
    prepare: impl Fn(&Event) -> Item,
) -> (Vec<Group<Event>>, Vec<Item>) {
    let mut groups = Vec::<Group<Event>>::new();
    let mut items = Vec::new();
    let mut group_of = HashMap::<Key, usize>::new();
    for (position, record) in records.iter_mut().enumerate() {
        if Instant::now() >= deadline {
            break;
        }
        let _entered = record.span.enter();
        let decoded = caught(|| {
            let event = decode(&record.body).map_err(|error| error.to_string())?;
            Ok((key(&event), event))
        });
        let (key, event) = match decoded.unwrap_or_else(|| Err("decoding it panicked".to_owned())) {
            Ok(decoded) => decoded,
            Err(reason) => {
                record.outcome = RecordOutcome::Poison(reason);
                continue;
            }
        };
        record.key = Some(key.clone());
        if let Some(group) = group_of.get(&key) {
            groups[*group].records.push(position);
            continue;
        }
        match caught(|| prepare(&event)) {
            Some(item) => {
                group_of.insert(key, groups.len());
                groups.push(Group { event, records: vec![position] });
                items.push(item);
            }
            None => record.outcome = RecordOutcome::Poison("preparing it panicked".to_owned()),
        }
    }
    (groups, items)
}

/// Calls a function; `None` if it panics.
fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

/// Commits a chunk. Returns exactly one outcome per item, even if `commit` panics, times out or
/// returns the wrong number of outcomes.
async fn commit_chunk<Item>(
    items: &[Item],
    deadline: Instant,
    commit: &impl AsyncFn(&[Item]) -> Vec<RecordOutcome>,
) -> Vec<RecordOutcome> {
    let retry_all = |reason: &str| vec![RecordOutcome::Retry(reason.to_owned()); items.len()];
    if Instant::now() >= deadline {
        return retry_all(NO_TIME_TO_START);
    }
    let mut work = Box::pin(AssertUnwindSafe(async { commit(items).await }).catch_unwind());
    let result = timeout_at(deadline, &mut work).await;
    // An unfinished commit may panic when it is dropped.
    let _ = caught(|| drop(work));
    match result {
        Ok(Ok(outcomes)) if outcomes.len() == items.len() => outcomes,
        Ok(Ok(_)) => {
            retry_all("the commit gave another number of outcomes than it was given items")
        }
        Ok(Err(_)) => retry_all("committing its chunk panicked"),
        Err(_) => retry_all("no time left to finish"),
    }
}
