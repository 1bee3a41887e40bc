//! The items of a batch are committed in chunks.

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
