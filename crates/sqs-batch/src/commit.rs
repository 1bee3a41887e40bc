//! Commits items in chunks, before the deadline.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::join_all;
use tokio::time::{Instant, timeout_at};

use crate::RecordOutcome;
use crate::isolation::caught;

pub(crate) const NO_TIME_TO_START: &str = "no time left to start";

/// Commits the items in chunks, concurrently. Returns exactly one outcome per item, in their order.
pub(crate) async fn commit_in_chunks<Item>(
    items: &[Item],
    chunk_size: usize,
    deadline: Instant,
    commit: &impl AsyncFn(&[Item]) -> Vec<RecordOutcome>,
) -> Vec<RecordOutcome> {
    // A closure over the chunks would make the future of any `commit` one that is not `Send`.
    let mut commits = Vec::new();
    for chunk in items.chunks(chunk_size) {
        commits.push(commit_chunk(chunk, deadline, commit));
    }
    join_all(commits).await.into_iter().flatten().collect()
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
