//! Polling, in place of fixed delays.

use std::time::{Duration, Instant};

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Polls until `poll` returns a value. After the time limit, panics with `what`.
pub async fn eventually<T>(what: &str, within: Duration, poll: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = poll().await {
            return seen;
        }
        assert!(start.elapsed() < within, "waited {within:?} in vain: {what}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
