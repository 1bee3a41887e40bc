//! Equal keys and equal message ids in one batch.

use super::*;

#[tokio::test]
async fn duplicate_keys_commit_once_and_share_the_outcome() {
    let failures = failures_of(numbers([7, 8, 7, 7]), async |items: &[usize]| {
        assert_eq!(items, [7, 8]);
        vec![RecordOutcome::Retry("busy".into()), RecordOutcome::Done]
    });
    assert_eq!(failures.await, ["m0", "m2", "m3"]);
}

#[tokio::test]
async fn repeated_message_id_is_returned_once() {
    let event = event(
        r#"{"Records": [{"messageId": "a", "body": "1"}, {"messageId": "b", "body": "2"},
            {"messageId": "a", "body": "{"}, {"messageId": "a", "body": "{"}]}"#,
    );
    let outcome = process_until(later(), event, all_done).await;
    assert_eq!(outcome.done, [2], "a message is not both done and returned");
    assert_eq!((outcome.counts.done, outcome.counts.poison), (1, 3));
    assert_eq!(failed(outcome), ["a"]);
}

#[tokio::test]
async fn repeated_message_id_gets_its_first_failure() {
    let retried = BatchCounts { retried: 3, ..BatchCounts::default() };
    let poison = BatchCounts { poison: 3, ..BatchCounts::default() };
    for (bodies, expected) in [(["0", "1", "{"], retried), (["0", "{", "1"], poison)] {
        let records = bodies.map(|body| serde_json::json!({"messageId": "a", "body": body}));
        let event = event(&serde_json::json!({ "Records": records }).to_string());
        let outcome = process_until(later(), event, async |_: &[usize]| {
            vec![RecordOutcome::Done, RecordOutcome::Retry("busy".into())]
        });
        assert_eq!(outcome.await.counts, expected, "{bodies:?}");
    }
}

#[tokio::test]
async fn first_event_of_a_key_is_committed_and_done() {
    let committed = RefCell::new(vec![]);
    let processor = Processor::new(
        |body: &str| Ok::<_, ParseIntError>(body.to_owned()),
        |event: &String| event.chars().next(),
        String::clone,
        async |items: &[String]| {
            committed.borrow_mut().extend_from_slice(items);
            vec![RecordOutcome::Done; items.len()]
        },
    );
    let bodies = ["c1", "a1", "c2", "b1", "a2"].map(str::to_owned);
    let outcome = processor.process(batch(bodies), later()).await.unwrap();
    assert_eq!(outcome.done, ["c1", "a1", "b1"], "in the order of the batch");
    assert_eq!(committed.into_inner(), outcome.done);
}

#[tokio::test]
async fn event_is_done_if_only_its_second_message_is() {
    let event = event(
        r#"{"Records": [{"messageId": "a", "body": "1"}, {"messageId": "b", "body": "1"},
            {"messageId": "a", "body": "{"}]}"#,
    );
    let outcome = process_until(later(), event, all_done).await;
    assert_eq!(outcome.done, [1]);
    assert_eq!(failed(outcome), ["a"]);
}
