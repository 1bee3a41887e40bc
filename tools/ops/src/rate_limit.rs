//! No more per second than the operator wants.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// So many things a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateLimit {
    per_second: NonZeroU32,
}

impl RateLimit {
    pub(crate) fn of(per_second: NonZeroU32) -> Self {
        Self { per_second }
    }

    /// So many things a second.
    pub(crate) fn per_second(self) -> NonZeroU32 {
        self.per_second
    }

    /// The most that may be done at once, of what AWS takes in one request.
    pub(crate) fn at_once(self, most: usize) -> usize {
        usize::try_from(self.per_second.get()).map_or(most, |rate| rate.min(most))
    }

    /// Waits until what was begun at `start` may be followed by more.
    pub(crate) async fn after(self, things: usize, start: Instant) {
        let things = u32::try_from(things).unwrap_or(u32::MAX);
        sleep_until(start + Duration::from_secs(1) * things / self.per_second.get()).await;
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
