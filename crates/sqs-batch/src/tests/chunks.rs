//! The items of a batch are committed in chunks.

use std::future::{Ready, ready};

use super::*;

#[tokio::test]
async fn panic_in_commit_fails_its_chunk() {
    let failures = failures_of(numbers(0..60), async |items: &[usize]| {
        assert!(items.len() <= CHUNK);
        assert!(!items.contains(&30), "on purpose");
        all_done(items).await
    });
    let chunk: Vec<_> = (25..50).map(|number| format!("m{number}")).collect();
    assert_eq!(failures.await, chunk);
}

#[tokio::test]
async fn missing_outcome_retries_the_whole_chunk() {
    let too_few = async |_: &[usize]| vec![RecordOutcome::Done; 2];
    assert_eq!(failures_of(numbers(0..3), too_few).await, ["m0", "m1", "m2"]);
}

#[tokio::test]
async fn extra_outcome_retries_only_its_chunk() {
    let failures = failures_of(numbers(0..60), async |items: &[usize]| {
        let mut outcomes = all_done(items).await;
        if items.contains(&30) {
            outcomes.push(RecordOutcome::Done);
        }
        if items.contains(&50) {
            outcomes[1] = RecordOutcome::Retry("busy".into());
        }
        outcomes
    });
    let mut expected: Vec<_> = (25..50).map(|number| format!("m{number}")).collect();
    expected.push("m51".to_owned());
    assert_eq!(failures.await, expected);
}

#[tokio::test]
async fn panic_before_the_future_exists_fails_its_chunk() {
    fn commit(items: &[usize]) -> Ready<Vec<RecordOutcome>> {
        assert!(!items.contains(&1), "on purpose");
        ready(vec![RecordOutcome::Done; items.len()])
    }
    let processor = Processor::new(decode, same, same, commit).chunk_size(1);
    let outcome = processor.process(numbers(0..3), later()).await;
    assert_eq!(failed(outcome.unwrap()), ["m1"]);
}

#[tokio::test]
async fn chunk_has_10_items_by_default_and_any_size_on_request() {
    for (chunk_size, items, expected) in
        [(None, 11, vec![10, 1]), (Some(100), 100, vec![100]), (Some(1), 2, vec![1, 1])]
    {
        let sizes = RefCell::new(vec![]);
        let commit = async |items: &[usize]| {
            sizes.borrow_mut().push(items.len());
            all_done(items).await
        };
        let mut processor = Processor::new(decode, same, same, commit);
        if let Some(chunk_size) = chunk_size {
            processor = processor.chunk_size(chunk_size);
        }
        processor.process(numbers(0..items), later()).await.unwrap();
        assert_eq!(sizes.take(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_are_committed_concurrently() {
    let start = Instant::now();
    let failures = failures_of(numbers(0..100), async |items: &[usize]| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        all_done(items).await
    });
    assert!(failures.await.is_empty());
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[test]
#[should_panic(expected = "a chunk has at least one item")]
fn chunk_size_of_0_is_rejected() {
    let _ = Processor::new(decode, same, same, all_done).chunk_size(0);
}
