//! A limit on operations per second, which the operator sets.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A maximum number of operations per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateLimit {
    per_second: NonZeroU32,
}

impl RateLimit {
    pub(crate) fn of(per_second: NonZeroU32) -> Self {
        Self { per_second }
    }

    /// The maximum per second.
    pub(crate) fn per_second(self) -> NonZeroU32 {
        self.per_second
    }

    /// The batch size: `most`, what AWS accepts in one request, unless the rate is lower.
    pub(crate) fn at_once(self, most: usize) -> usize {
        usize::try_from(self.per_second.get()).map_or(most, |rate| rate.min(most))
    }

    /// Waits until `start` plus the time that this many operations take at the limit.
    pub(crate) async fn after(self, operations: usize, start: Instant) {
        let operations = u32::try_from(operations).unwrap_or(u32::MAX);
        sleep_until(start + Duration::from_secs(1) * operations / self.per_second.get()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_waits_until_the_rate_allows_it() {
        let rate_limit = RateLimit::of(NonZeroU32::new(50).unwrap());
        let start = Instant::now();
        rate_limit.after(10, start).await;
        assert_eq!(start.elapsed().as_millis() / 10, 20, "ten of fifty a second take 200 ms");
        rate_limit.after(10, start).await;
        assert_eq!(start.elapsed().as_millis() / 10, 20, "work that took that long waits no more");
    }

    #[test]
    fn batch_size_never_exceeds_the_rate() {
        let at_once = |rate| RateLimit::of(NonZeroU32::new(rate).unwrap()).at_once(10);
        assert_eq!([1, 9, 10, 500].map(at_once), [1, 9, 10, 10]);
    }
}
