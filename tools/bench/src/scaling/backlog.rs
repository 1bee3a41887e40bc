//! How long a queue's backlog takes.

/// Lambda starts with so many batches at once.
const FIRST: f64 = 5.0;
/// Lambda adds so many batches at once each minute.
const ADDED_A_MINUTE: f64 = 300.0;

/// A subscriber that works off a backlog.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worker {
    pub(crate) batch: f64,
    /// How long a poller is busy with a batch.
    pub(crate) cycle_seconds: f64,
    /// What the subscriber can do at most, whatever its concurrency.
    pub(crate) messages_per_second: f64,
}

impl Worker {
    /// How many seconds the messages take with up to `most` batches at once.
    pub(crate) fn seconds(&self, messages: f64, most: f64) -> f64 {
        let rate = |at_once: f64| {
            f64::min(at_once * self.batch / self.cycle_seconds, self.messages_per_second)
        };
        let (mut left, mut at_once, mut seconds) = (messages, f64::min(FIRST, most), 0.0);
        while at_once < most && left > rate(at_once) {
            left -= rate(at_once);
            at_once = f64::min(at_once + ADDED_A_MINUTE / 60.0, most);
            seconds += 1.0;
        }
        seconds + left / rate(at_once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKER: Worker =
        Worker { batch: 10.0, cycle_seconds: 0.03, messages_per_second: f64::INFINITY };

    fn near(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-6 * other.abs(), "{one} {other}");
    }

    #[test]
    fn backlog_drains_at_poller_concurrency() {
        near(WORKER.seconds(1_000_000.0, 5.0), 1_000_000.0 / (5.0 * 10.0 / 0.03));
        assert!(WORKER.seconds(1e7, 1_250.0) > 1e7 / (1_250.0 * 10.0 / 0.03));
        assert!(WORKER.seconds(1e7, 1_250.0) < WORKER.seconds(1e7, 10.0));
    }

    #[test]
    fn backlog_drains_no_faster_than_the_subscriber() {
        let limited = Worker { messages_per_second: 1_000.0, ..WORKER };
        near(limited.seconds(1e6, 1_000.0), 1_000.0);
    }
}
