//! Tests of whole batches. A body is a number, which is its event, its key and its item.

mod chunks;
mod deadline;
mod duplicates;
mod fifo;
mod observer;

use std::cell::{Cell, RefCell};
use std::num::ParseIntError;
use std::time::Duration;

use tokio::time::Instant;

use crate::{BatchCounts, BatchError, BatchOutcome, LenientSqsEvent, Processor, RecordOutcome};

const CHUNK: usize = 25;

fn later() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn batch(bodies: impl IntoIterator<Item = String>) -> LenientSqsEvent {
    let records: Vec<_> = bodies
        .into_iter()
        .enumerate()
        .map(
            |(position, body)| serde_json::json!({"messageId": format!("m{position}"), "body": body}),
        )
        .collect();
    event(&serde_json::json!({ "Records": records }).to_string())
}

fn event(json: &str) -> LenientSqsEvent {
    serde_json::from_str(json).unwrap()
}

fn numbers(numbers: impl IntoIterator<Item = usize>) -> LenientSqsEvent {
    batch(numbers.into_iter().map(|number| number.to_string()))
}

fn decode(body: &str) -> Result<usize, ParseIntError> {
    body.parse()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "key and prepare get a reference")]
fn same(number: &usize) -> usize {
    *number
}

/// Processes a batch until the deadline.
async fn process_until(
    deadline: Instant,
    batch: LenientSqsEvent,
    commit: impl AsyncFn(&[usize]) -> Vec<RecordOutcome>,
) -> BatchOutcome<usize> {
    let processor = Processor::new(decode, same, same, commit).chunk_size(CHUNK);
    processor.process(batch, deadline).await.unwrap()
}

fn failed(outcome: BatchOutcome<usize>) -> Vec<String> {
    let failures = outcome.response.batch_item_failures.into_iter();
    failures.map(|failure| failure.item_identifier).collect()
}

/// Processes a batch in ample time, and returns the message ids of the failures.
async fn failures_of(
    batch: LenientSqsEvent,
    commit: impl AsyncFn(&[usize]) -> Vec<RecordOutcome>,
) -> Vec<String> {
    failed(process_until(later(), batch, commit).await)
}

async fn all_done(items: &[usize]) -> Vec<RecordOutcome> {
    vec![RecordOutcome::Done; items.len()]
}

#[tokio::test]
async fn successful_batch_reports_no_failures() {
    assert!(failures_of(numbers(0..10), all_done).await.is_empty());
}

#[tokio::test]
async fn empty_batch_commits_nothing() {
    let committed = Cell::new(false);
    let failures = failures_of(numbers([]), async |items: &[usize]| {
        committed.set(true);
        all_done(items).await
    });
    assert!(failures.await.is_empty());
    assert!(!committed.get());
}

#[tokio::test]
async fn poison_body_fails_only_its_own_record() {
    for poison in 0..10 {
        let body = |number: usize| {
            if number == poison { "{".to_owned() } else { number.to_string() }
        };
        let committed = RefCell::new(vec![]);
        let failures = failures_of(batch((0..10).map(body)), async |items: &[usize]| {
            committed.borrow_mut().extend_from_slice(items);
            all_done(items).await
        });
        assert_eq!(failures.await, [format!("m{poison}")]);
        let others: Vec<_> = (0..10).filter(|number| *number != poison).collect();
        assert_eq!(committed.into_inner(), others);
    }
}

#[tokio::test]
async fn body_reaches_decode_unchanged() {
    let bodies = [" 7 ", "\n7\t", "\u{feff}7\u{a0}", "\\u0037", "\0"].map(str::to_owned);
    let decoded = RefCell::new(vec![]);
    let decode = |body: &str| {
        decoded.borrow_mut().push(body.to_owned());
        Ok::<_, ParseIntError>(decoded.borrow().len())
    };
    let processor = Processor::new(decode, same, same, all_done);
    processor.process(batch(bodies.clone()), later()).await.unwrap();
    assert_eq!(decoded.into_inner(), bodies);
}

#[tokio::test]
async fn missing_body_is_poison() {
    assert_eq!(failures_of(event(r#"{"Records": [{"messageId": "m0"}]}"#), all_done).await, ["m0"]);
}

#[tokio::test]
async fn each_outcome_applies_to_its_own_record() {
    let failures = failures_of(numbers(0..4), async |_: &[usize]| {
        vec![
            RecordOutcome::Done,
            RecordOutcome::Retry("busy".into()),
            RecordOutcome::AlreadyDone,
            RecordOutcome::Poison("bad".into()),
        ]
    });
    assert_eq!(failures.await, ["m1", "m3"]);
}

#[tokio::test]
async fn counts_cover_all_records_and_done_each_new_event() {
    let bodies = ["0", "1", "2", "3", "0", "{"].map(str::to_owned);
    let outcome = process_until(later(), batch(bodies), async |_: &[usize]| {
        vec![
            RecordOutcome::Done,
            RecordOutcome::AlreadyDone,
            RecordOutcome::Retry("busy".into()),
            RecordOutcome::Poison("bad".into()),
        ]
    });
    let outcome = outcome.await;
    assert_eq!(outcome.done, [0], "one event, though two messages");
    let expected = BatchCounts { done: 2, already_done: 1, retried: 1, poison: 2 };
    assert_eq!(outcome.counts, expected);
}

#[tokio::test]
async fn panic_in_prepare_fails_one_record() {
    let prepare = |number: &usize| match number {
        3 => panic!("on purpose"),
        number => *number,
    };
    let processor = Processor::new(decode, same, prepare, all_done);
    let outcome = processor.process(numbers(0..10), later()).await;
    assert_eq!(failed(outcome.unwrap()), ["m3"]);
}

#[tokio::test]
async fn panic_in_decode_or_key_fails_one_record() {
    let decode = |body: &str| {
        assert_ne!(body, "3", "on purpose");
        decode(body)
    };
    let key = |number: &usize| {
        assert_ne!(*number, 5, "on purpose");
        *number
    };
    let processor = Processor::new(decode, key, same, all_done);
    let outcome = processor.process(numbers(0..10), later()).await;
    assert_eq!(failed(outcome.unwrap()), ["m3", "m5"]);
}

#[tokio::test]
async fn missing_message_id_fails_the_whole_batch() {
    for id in ["", r#""messageId": null, "#, r#""messageId": "", "#, r#""messageId": 7, "#] {
        let json =
            format!(r#"{{"Records": [{{"messageId": "m0", "body": "1"}}, {{{id}"body": "2"}}]}}"#);
        let decoded = Cell::new(false);
        let decode = |body: &str| {
            decoded.set(true);
            decode(body)
        };
        let processor = Processor::new(decode, same, same, all_done);
        let outcome = processor.process(event(&json), later()).await;
        assert_eq!(outcome, Err(BatchError::MissingMessageId { position: 1 }), "{id}");
        assert!(!decoded.get(), "{id}");
    }
}

#[tokio::test]
async fn batch_can_be_processed_in_a_spawned_task() {
    let commit = async |numbers: &[usize]| vec![RecordOutcome::Done; numbers.len()];
    let process = process_until(later(), numbers(0..3), commit);
    let outcome = tokio::spawn(process).await.unwrap();
    assert_eq!(outcome.counts.done, 3);
}
