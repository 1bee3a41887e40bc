//! The batch of a FIFO queue. A test names a record by its group and its body: "a1" is the message 1
//! of group a, "a!" one that cannot be decoded.

mod deadline;
mod duplicates;
mod failures;

use std::fmt::Debug;

use serde_json::{Value, json};

use super::*;

const FIFO: &str = "arn:aws:sqs:eu-central-1:123456789012:orders.fifo";

/// A record on its first receive, with its name as message id.
fn record(name: &str) -> Value {
    let (group, body) = name.split_at(1);
    json!({
        "messageId": name,
        "body": body,
        "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": "1"},
        "eventSourceARN": FIFO,
    })
}

fn on_receive(count: u32, name: &str) -> Value {
    let mut record = record(name);
    record["attributes"]["ApproximateReceiveCount"] = json!(count.to_string());
    record
}

fn batch_of(records: impl IntoIterator<Item = Value>) -> LenientSqsEvent {
    let records: Vec<_> = records.into_iter().collect();
    event(&json!({ "Records": records }).to_string())
}

fn fifo<const N: usize>(names: [&str; N]) -> LenientSqsEvent {
    batch_of(names.map(record))
}

fn retry() -> RecordOutcome {
    RecordOutcome::Retry("busy".to_owned())
}

/// Gives each item the outcome that `outcome` returns for it, and keeps the chunks.
fn commit_with(
    chunks: &RefCell<Vec<Vec<usize>>>,
    outcome: impl Fn(usize) -> RecordOutcome,
) -> impl AsyncFn(&[usize]) -> Vec<RecordOutcome> {
    async move |items: &[usize]| {
        chunks.borrow_mut().push(items.to_vec());
        items.iter().map(|item| outcome(*item)).collect()
    }
}

/// Checks the chunks of a batch and the message ids of the failures.
async fn assert_batch<Commits, Failed>(
    batch: LenientSqsEvent,
    outcome: impl Fn(usize) -> RecordOutcome,
    commits: Commits,
    failures: Failed,
) where
    Vec<Vec<usize>>: PartialEq<Commits>,
    Vec<String>: PartialEq<Failed>,
    Commits: Debug,
    Failed: Debug,
{
    let chunks = RefCell::default();
    let processor = Processor::new(decode, same, same, commit_with(&chunks, outcome));
    let processed = processor.max_receive_count(3).process(batch, later()).await.unwrap();
    assert_eq!(chunks.take(), commits);
    assert_eq!(failed(processed), failures);
}

#[tokio::test]
async fn group_is_committed_one_by_one_and_groups_side_by_side() {
    let batch = fifo(["a1", "a2", "b3", "a4", "c5", "b6"]);
    let commits = [vec![1, 3, 5], vec![2, 6], vec![4]];
    assert_batch(batch, |_| RecordOutcome::Done, commits, [""; 0]).await;
}

#[tokio::test]
async fn events_are_done_in_the_order_of_the_rounds() {
    let batch = fifo(["a1", "a2", "b3", "a4", "b5"]);
    let outcome = |item| if item == 3 { RecordOutcome::AlreadyDone } else { RecordOutcome::Done };
    let chunks = RefCell::default();
    let processor = Processor::new(decode, same, same, commit_with(&chunks, outcome));
    let outcome = processor.process(batch, later()).await.unwrap();
    assert_eq!(outcome.done, [1, 2, 5, 4]);
    assert_eq!(outcome.counts, BatchCounts { done: 4, already_done: 1, ..BatchCounts::default() });
}

#[tokio::test]
async fn next_record_is_decoded_after_the_outcome_of_the_one_before() {
    let steps = RefCell::new(vec![]);
    let decode = |body: &str| {
        steps.borrow_mut().push(format!("decode {body}"));
        decode(body)
    };
    let prepare = |number: &usize| {
        steps.borrow_mut().push(format!("prepare {number}"));
        *number
    };
    let commit = async |items: &[usize]| {
        tokio::task::yield_now().await;
        steps.borrow_mut().push(format!("commit {items:?}"));
        all_done(items).await
    };
    let processor = Processor::new(decode, same, prepare, commit);
    processor.process(fifo(["a1", "a2"]), later()).await.unwrap();
    let expected = ["decode 1", "prepare 1", "commit [1]", "decode 2", "prepare 2", "commit [2]"];
    assert_eq!(steps.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn chunks_of_a_round_are_committed_concurrently() {
    let start = Instant::now();
    let sizes = RefCell::new(vec![]);
    let commit = async |items: &[usize]| {
        sizes.borrow_mut().push(items.len());
        tokio::time::sleep(Duration::from_secs(1)).await;
        all_done(items).await
    };
    let processor = Processor::new(decode, same, same, commit).chunk_size(2);
    let batch = fifo(["a1", "b2", "c3", "d4", "e5", "a6"]);
    let outcome = processor.process(batch, later()).await.unwrap();
    assert_eq!(outcome.counts.done, 6);
    assert_eq!(sizes.take(), [2, 2, 1, 1]);
    assert_eq!(start.elapsed(), Duration::from_secs(2), "a round for each record of group a");
}

#[tokio::test]
async fn standard_queue_is_not_ordered_by_group_ids() {
    let standard = ["a1", "a2", "b3"].map(|name| {
        let mut record = record(name);
        record["eventSourceARN"] = json!(FIFO.trim_end_matches(".fifo"));
        record
    });
    let outcome = |item| if item == 1 { retry() } else { RecordOutcome::Done };
    assert_batch(batch_of(standard), outcome, [[1, 2, 3]], ["a1"]).await;
}

#[tokio::test]
async fn one_fifo_record_makes_the_batch_fifo() {
    let mut first = record("a1");
    first["eventSourceARN"] = json!(null);
    let batch = batch_of([first, record("a2")]);
    assert_batch(batch, |_| RecordOutcome::Done, [[1], [2]], [""; 0]).await;
}

#[tokio::test]
async fn empty_message_id_fails_a_fifo_batch() {
    let mut record = record("a1");
    record["messageId"] = json!("");
    let processor = Processor::new(decode, same, same, all_done);
    let outcome = processor.process(batch_of([record]), later()).await;
    assert_eq!(outcome, Err(BatchError::MissingMessageId { position: 0 }));
}

#[test]
#[should_panic(expected = "a message is received at least once")]
fn max_receive_count_of_0_is_rejected() {
    let _ = Processor::new(decode, same, same, all_done).max_receive_count(0);
}

#[tokio::test]
async fn fifo_batch_can_be_processed_in_a_spawned_task() {
    let commit = async |numbers: &[usize]| vec![RecordOutcome::Done; numbers.len()];
    let process = process_until(later(), fifo(["a1", "a2", "b3"]), commit);
    let outcome = tokio::spawn(process).await.unwrap();
    assert_eq!(outcome.counts.done, 3);
}
