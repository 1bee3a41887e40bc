//! Polling, in place of fixed delays.

use std::time::{Duration, Instant};

const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Polls until `look` returns a value. After the time limit, panics with `what`.
pub async fn eventually<T>(what: &str, within: Duration, look: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < within, "waited {within:?} in vain: {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
