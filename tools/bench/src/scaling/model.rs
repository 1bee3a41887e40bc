//! What limits and costs follow from: the measurements, the template, and a rate of orders.

use super::measures::Measures;
use super::stack::Stack;

/// The measurements and the template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    pub(crate) measures: Measures,
    pub(crate) stack: Stack,
}

/// A rate of orders, and the batches that subscribers get of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) orders_per_second: f64,
    /// The average number of records in a batch.
    pub(crate) batch: f64,
}

/// The rate from which batches are taken to be full.
pub(crate) const FULL_FROM: f64 = 1_000.0;

/// Days of a month.
pub(crate) const DAYS: f64 = 30.0;
pub(crate) const SECONDS_A_MONTH: f64 = DAYS * 24.0 * 3_600.0;
/// The relay starts once a minute.
pub(crate) const SWEEPS_A_MONTH: f64 = SECONDS_A_MONTH / 60.0;

/// A poller's time to receive a batch and to delete it, beside the function's own.
const POLLER_MS: f64 = 20.0;

impl Model {
    /// The load of a rate of orders: a batch has one record below [`FULL_FROM`].
    pub(crate) fn load(&self, orders_per_second: f64) -> Load {
        let batch = if orders_per_second < FULL_FROM { 1.0 } else { self.stack.batch_size };
        Load { orders_per_second, batch }
    }

    /// Invocations of the subscribers for an order.
    pub(crate) fn batches(&self, batch: f64) -> f64 {
        self.measures.deliveries() / batch
    }
}

/// How long a poller is busy with a batch, in seconds.
pub(crate) fn cycle_seconds(billed_ms: f64) -> f64 {
    (billed_ms + POLLER_MS) / 1e3
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::measures::tests::MEASURES;
    use super::super::stack::tests::STACK;
    use super::*;

    pub(crate) const MODEL: Model = Model { measures: MEASURES, stack: STACK };

    #[test]
    fn batches_are_full_from_a_rate_on() {
        let batches = [1.0, 999.0, 1_000.0].map(|rate| MODEL.load(rate).batch);
        assert!(batches.map(|batch| batch > 1.0) == [false, false, true], "{batches:?}");
    }
}
