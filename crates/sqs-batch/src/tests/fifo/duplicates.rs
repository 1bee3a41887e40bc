//! Equal keys and equal message ids in the batch of a FIFO queue. A record's key is the last digit of
//! its number.

use super::*;

/// Processes a batch. Returns the outcome and the chunks.
async fn process(
    batch: LenientSqsEvent,
    outcome: impl Fn(usize) -> RecordOutcome,
) -> (BatchOutcome<usize>, Vec<Vec<usize>>) {
    let chunks = RefCell::default();
    let key = |number: &usize| number % 10;
    let processor = Processor::new(decode, key, same, commit_with(&chunks, outcome));
    let outcome = processor.process(batch, later()).await.unwrap();
    (outcome, chunks.take())
}

#[tokio::test]
async fn record_with_a_done_key_is_acknowledged_in_its_turn() {
    let batch = fifo(["a1", "a11", "a2", "b21"]);
    let (outcome, chunks) = process(batch, |_| RecordOutcome::Done).await;
    assert_eq!(chunks, [[1], [2]]);
    assert_eq!(outcome.done, [1, 2], "one event per key");
    assert_eq!(outcome.counts, BatchCounts { done: 4, ..BatchCounts::default() });
}

#[tokio::test]
async fn folded_record_shares_already_done() {
    let (outcome, chunks) = process(fifo(["a1", "a11"]), |_| RecordOutcome::AlreadyDone).await;
    assert_eq!(chunks, [[1]]);
    assert_eq!(outcome.counts, BatchCounts { already_done: 2, ..BatchCounts::default() });
    assert_eq!(outcome.done, [0; 0]);
}

#[tokio::test]
async fn done_key_behind_a_failure_is_not_acknowledged() {
    let outcome = |item| if item == 2 { retry() } else { RecordOutcome::Done };
    let (outcome, chunks) = process(fifo(["b1", "a2", "a11"]), outcome).await;
    assert_eq!(chunks, [[1, 2]]);
    assert_eq!(failed(outcome), ["a2", "a11"]);
}

#[tokio::test]
async fn equal_keys_of_two_groups_are_not_in_one_round() {
    let (outcome, chunks) = process(fifo(["a1", "b11", "b2"]), |_| RecordOutcome::Done).await;
    assert_eq!(chunks, [[1], [2]]);
    assert_eq!(outcome.done, [1, 2]);
}

#[tokio::test]
async fn equal_key_gets_its_own_try_after_a_failure() {
    for failure in [retry(), RecordOutcome::Poison("bad".to_owned())] {
        let outcome = |item| if item == 1 { failure.clone() } else { RecordOutcome::Done };
        let (outcome, chunks) = process(fifo(["a1", "b11", "b2"]), outcome).await;
        assert_eq!(chunks, [[1], [11], [2]]);
        assert_eq!(outcome.done, [11, 2]);
        assert_eq!(failed(outcome), ["a1"]);
    }
}

#[tokio::test]
async fn record_that_waits_for_an_equal_key_is_decoded_once() {
    let (decoded, prepared) = (RefCell::new(vec![]), RefCell::new(vec![]));
    let decode = |body: &str| {
        decoded.borrow_mut().push(body.to_owned());
        decode(body)
    };
    let prepare = |number: &usize| {
        prepared.borrow_mut().push(*number);
        *number
    };
    let processor = Processor::new(decode, |number: &usize| number % 10, prepare, all_done);
    processor.process(fifo(["a1", "b11", "c21"]), later()).await.unwrap();
    assert_eq!(decoded.take(), ["1", "11", "21"]);
    assert_eq!(prepared.take(), [1]);
}

#[tokio::test]
async fn panic_in_prepare_leaves_its_key_to_the_next_record() {
    let prepare = |number: &usize| {
        assert_ne!(*number, 1, "on purpose");
        *number
    };
    let chunks = RefCell::default();
    let commit = commit_with(&chunks, |_| RecordOutcome::Done);
    let processor = Processor::new(decode, |number: &usize| number % 10, prepare, commit);
    let outcome = processor.process(fifo(["a1", "a11", "b2"]), later()).await.unwrap();
    assert_eq!(chunks.take(), [[11, 2]]);
    assert_eq!(failed(outcome), ["a1"]);
}

/// A record with the message id of another.
fn with_id(id: &str, name: &str) -> Value {
    let mut record = record(name);
    record["messageId"] = json!(id);
    record
}

#[tokio::test]
async fn repeated_message_id_takes_the_first_outcome() {
    for (outcome, expected) in [
        (RecordOutcome::Done, BatchCounts { done: 3, ..BatchCounts::default() }),
        (RecordOutcome::AlreadyDone, BatchCounts { already_done: 3, ..BatchCounts::default() }),
        (retry(), BatchCounts { retried: 3, ..BatchCounts::default() }),
        (
            RecordOutcome::Poison("bad".to_owned()),
            BatchCounts { poison: 3, ..BatchCounts::default() },
        ),
    ] {
        // Neither another body nor another group makes it another message.
        let batch = batch_of([record("a1"), with_id("a1", "a2"), with_id("a1", "b!")]);
        let (processed, chunks) = process(batch, |_| outcome.clone()).await;
        assert_eq!(chunks, [[1]], "{outcome:?}");
        assert_eq!(processed.counts, expected);
        let failures = if outcome.is_success() { vec![] } else { vec!["a1"] };
        assert_eq!(failed(processed), failures);
    }
}

#[tokio::test]
async fn repeated_message_id_of_a_blocked_record_is_returned_with_it() {
    let outcome = |item| if item == 1 { retry() } else { RecordOutcome::Done };
    let batch = batch_of([record("a1"), record("a2"), with_id("a2", "b3"), record("b4")]);
    let (outcome, chunks) = process(batch, outcome).await;
    assert_eq!(chunks, [[1, 4]]);
    assert_eq!(outcome.counts, BatchCounts { done: 1, retried: 3, ..BatchCounts::default() });
    assert_eq!(failed(outcome), ["a1", "a2"]);
}

#[tokio::test]
async fn observer_gets_the_key_of_a_repeated_message() {
    struct Keys(RefCell<Vec<Option<usize>>>);

    impl crate::Observer<usize> for &Keys {
        fn outcome(&self, _message_id: &str, key: Option<&usize>, _outcome: &RecordOutcome) {
            self.0.borrow_mut().push(key.copied());
        }
    }

    let keys = Keys(RefCell::default());
    let processor = Processor::new(decode, same, same, all_done).observer(&keys);
    let batch = batch_of([record("a1"), record("a!"), with_id("a1", "a2")]);
    processor.process(batch, later()).await.unwrap();
    assert_eq!(keys.0.take(), [Some(1), None, Some(1)]);
}
