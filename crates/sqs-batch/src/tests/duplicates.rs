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
async fn event_is_done_if_only_its_second_message_is() {
    let event = event(
        r#"{"Records": [{"messageId": "a", "body": "1"}, {"messageId": "b", "body": "1"},
            {"messageId": "a", "body": "{"}]}"#,
    );
    let outcome = process_until(later(), event, all_done).await;
    assert_eq!(outcome.done, [1]);
    assert_eq!(failed(outcome), ["a"]);
}
