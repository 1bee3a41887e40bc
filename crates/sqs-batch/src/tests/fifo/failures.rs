//! Which failures block a message group.

use super::*;

/// Processes a batch whose `maxReceiveCount` is 3, and returns each record's reason to fail.
async fn reasons(
    batch: LenientSqsEvent,
    commit: impl AsyncFn(&[usize]) -> Vec<RecordOutcome>,
) -> Vec<(String, String)> {
    struct Reasons(RefCell<Vec<(String, String)>>);

    impl crate::Observer<usize> for &Reasons {
        fn outcome(&self, message_id: &str, _key: Option<&usize>, outcome: &RecordOutcome) {
            if let RecordOutcome::Retry(reason) | RecordOutcome::Poison(reason) = outcome {
                self.0.borrow_mut().push((message_id.to_owned(), reason.clone()));
            }
        }
    }

    let reasons = Reasons(RefCell::default());
    let processor =
        Processor::new(decode, same, same, commit).max_receive_count(3).observer(&reasons);
    processor.process(batch, later()).await.unwrap();
    reasons.0.take()
}

#[tokio::test]
async fn retry_blocks_the_rest_of_its_group_only() {
    let batch = fifo(["a1", "a2", "b3", "a4", "b5"]);
    let outcome = |item| if item == 2 { retry() } else { RecordOutcome::Done };
    assert_batch(batch, outcome, [[1, 3], [2, 5]], ["a2", "a4"]).await;
}

#[tokio::test]
async fn blocked_records_are_neither_decoded_nor_prepared() {
    let calls = RefCell::new(vec![]);
    let decode = |body: &str| {
        calls.borrow_mut().push(body.to_owned());
        decode(body)
    };
    let commit = async |items: &[usize]| vec![retry(); items.len()];
    let processor = Processor::new(decode, same, same, commit);
    let outcome = processor.process(fifo(["a1", "a!", "a3"]), later()).await.unwrap();
    assert_eq!(calls.take(), ["1"]);
    assert_eq!(outcome.counts, BatchCounts { retried: 3, ..BatchCounts::default() });
    assert_eq!(failed(outcome), ["a1", "a!", "a3"]);
}

#[tokio::test]
async fn blocked_record_has_a_reason_of_its_own() {
    let reasons = reasons(fifo(["a1", "a2"]), async |_: &[usize]| vec![retry()]).await;
    let expected = [("a1", "busy"), ("a2", "an earlier message of its group will be tried again")];
    assert_eq!(reasons, expected.map(|(id, reason)| (id.to_owned(), reason.to_owned())));
}

#[tokio::test]
async fn undecodable_record_lets_its_group_go_on_in_the_same_round() {
    let batch = fifo(["a!", "a?", "a1", "b2", "a3"]);
    assert_batch(batch, |_| RecordOutcome::Done, [vec![1, 2], vec![3]], ["a!", "a?"]).await;
}

#[tokio::test]
async fn panic_before_commit_lets_the_group_go_on_in_the_same_round() {
    let panic_at = |position: usize| {
        move |number: &usize| {
            assert_ne!(*number, position, "on purpose");
            *number
        }
    };
    let chunks = RefCell::default();
    let commit = commit_with(&chunks, |_| RecordOutcome::Done);
    let processor = Processor::new(decode, panic_at(1), panic_at(2), commit);
    let batch = fifo(["a1", "b2", "a3", "b4", "a5"]);
    let outcome = processor.process(batch, later()).await.unwrap();
    assert_eq!(chunks.take(), [vec![3, 4], vec![5]]);
    assert_eq!(outcome.counts, BatchCounts { done: 3, poison: 2, ..BatchCounts::default() });
    assert_eq!(failed(outcome), ["a1", "b2"]);
}

#[tokio::test]
async fn poison_of_commit_lets_its_group_go_on() {
    let batch = fifo(["a1", "a2", "a3"]);
    let outcome = |item| match item {
        2 => RecordOutcome::Poison("bad".to_owned()),
        _ => RecordOutcome::Done,
    };
    assert_batch(batch, outcome, [[1], [2], [3]], ["a2"]).await;
}

#[tokio::test]
async fn one_poison_of_ten_is_the_only_failure_of_its_group() {
    for poison in 0..10 {
        let name = |number| if number == poison { "a!".to_owned() } else { format!("a{number}") };
        let batch = batch_of((0..10).map(|number| record(&name(number))));
        let good: Vec<_> =
            (0..10).filter(|number| *number != poison).map(|number| vec![number]).collect();
        assert_batch(batch, |_| RecordOutcome::Done, good, ["a!"]).await;
    }
}

#[tokio::test]
async fn failure_on_the_last_receive_lets_the_group_go_on() {
    let outcome = |item| if item == 1 { retry() } else { RecordOutcome::Done };
    for (count, commits, failures) in [
        (2, vec![[1]], vec!["a1", "a2"]),
        (3, vec![[1], [2]], vec!["a1"]),
        (4, vec![[1], [2]], vec!["a1"]),
    ] {
        let batch = batch_of(["a1", "a2"].map(|name| on_receive(count, name)));
        assert_batch(batch, outcome, commits, failures).await;
    }
}

#[tokio::test]
async fn failures_on_the_last_receive_have_their_own_reasons() {
    let batch = batch_of(["a1", "a2"].map(|name| on_receive(3, name)));
    let reasons = reasons(batch, async |_: &[usize]| vec![retry()]).await;
    let expected = [("a1", "busy"), ("a2", "busy")];
    assert_eq!(reasons, expected.map(|(id, reason)| (id.to_owned(), reason.to_owned())));
}

#[tokio::test]
async fn unknown_receive_count_is_not_the_last() {
    let mut first = record("a1");
    for count in [json!(null), json!(3), json!("three")] {
        first["attributes"]["ApproximateReceiveCount"] = count;
        let batch = batch_of([first.clone(), on_receive(3, "a2")]);
        assert_batch(batch, |_| retry(), [[1]], ["a1", "a2"]).await;
    }
}

#[tokio::test]
async fn no_receive_is_the_last_without_a_max_receive_count() {
    let processor = Processor::new(decode, same, same, async |_: &[usize]| vec![retry()]);
    let batch = batch_of(["a1", "a2"].map(|name| on_receive(1_000, name)));
    let outcome = processor.process(batch, later()).await.unwrap();
    assert_eq!(failed(outcome), ["a1", "a2"]);
}

#[tokio::test]
async fn message_without_a_group_is_poison_and_others_go_on() {
    let mut without = record("a1");
    for group in [json!(null), json!(7)] {
        without["attributes"]["MessageGroupId"] = group;
        let reasons = reasons(batch_of([without.clone(), record("a2")]), all_done).await;
        let reason = "the message has no MessageGroupId, which every message of a FIFO queue has";
        assert_eq!(reasons, [("a1".to_owned(), reason.to_owned())]);
        let batch = batch_of([without.clone(), record("a2")]);
        assert_batch(batch, |_| RecordOutcome::Done, [[2]], ["a1"]).await;
    }
}

/// The chunks of the first round are [1, 3] and [5], of groups a, b and c.
fn three_groups(count: u32) -> LenientSqsEvent {
    batch_of(["a1", "a2", "b3", "b4", "c5", "c6"].map(|name| on_receive(count, name)))
}

#[tokio::test]
async fn panic_in_commit_blocks_the_groups_of_its_chunk() {
    let commit = async |items: &[usize]| {
        assert!(!items.contains(&3), "on purpose");
        all_done(items).await
    };
    for (count, failures) in [(1, vec!["a1", "a2", "b3", "b4"]), (3, vec!["a1", "b3"])] {
        let processor = Processor::new(decode, same, same, commit);
        let processor = processor.chunk_size(2).max_receive_count(3);
        let outcome = processor.process(three_groups(count), later()).await.unwrap();
        assert_eq!(failed(outcome), failures);
    }
}

#[tokio::test]
async fn wrong_number_of_outcomes_blocks_the_groups_of_its_chunk() {
    for extra in [false, true] {
        let commit = async |items: &[usize]| {
            let mut outcomes = all_done(items).await;
            match (items.contains(&3), extra) {
                (true, true) => outcomes.push(RecordOutcome::Done),
                (true, false) => drop(outcomes.pop()),
                (false, _) => {}
            }
            outcomes
        };
        let processor = Processor::new(decode, same, same, commit).chunk_size(2);
        let outcome = processor.process(three_groups(1), later()).await.unwrap();
        assert_eq!(failed(outcome), ["a1", "a2", "b3", "b4"]);
    }
}
