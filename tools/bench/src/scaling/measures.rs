//! What was measured of each function: billed time and bytes logged.

use crate::benchmark::{FULFILMENT, IDLE_RELAY, INVOICING, ORDERS, PROMOTION};
use crate::measure::REMOTE;
use crate::result::{Measured, Run};

/// The share of orders that SNS's filter passes on to promotion, and that earn a coupon.
pub(crate) const PROMOTED: f64 = 0.3;

/// What a function takes for one invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invocation {
    /// What Lambda bills, in milliseconds.
    pub(crate) billed_ms: f64,
    pub(crate) log_bytes: f64,
}

/// A subscriber.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscriber {
    pub(crate) name: &'static str,
    /// The share of orders that it receives.
    pub(crate) share: f64,
    /// For a full batch.
    pub(crate) batch: Invocation,
}

/// What was measured of all functions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measures {
    pub(crate) orders: Invocation,
    pub(crate) subscribers: [Subscriber; 3],
    /// With an empty outbox.
    pub(crate) relay: Invocation,
}

impl Measures {
    /// From a run; `None` if the run lacks a function.
    pub(crate) fn of(run: &Run) -> Option<Self> {
        let (dynamodb_ms, sns_ms) = (f64::from(REMOTE.dynamodb_ms), f64::from(REMOTE.sns_ms));
        let invocation = |name: &str, calls_ms| {
            let measured = run.of(name)?;
            let billed_ms = billed_ms(measured, calls_ms);
            Some(Invocation { billed_ms, log_bytes: measured.log_bytes })
        };
        let subscriber = |name, share, benchmark, calls_ms| {
            Some(Subscriber { name, share, batch: invocation(benchmark, calls_ms)? })
        };
        Some(Self {
            orders: invocation(ORDERS, 2.0 * dynamodb_ms + sns_ms)?,
            subscribers: [
                subscriber("fulfilment", 1.0, FULFILMENT, dynamodb_ms)?,
                subscriber("promotion", PROMOTED, PROMOTION, dynamodb_ms)?,
                subscriber("invoicing", 1.0, INVOICING, 2.0 * dynamodb_ms)?,
            ],
            relay: invocation(IDLE_RELAY, dynamodb_ms)?,
        })
    }

    /// Invoicing, with a full batch. It makes two calls, and so takes longest.
    pub(crate) fn invoicing(&self) -> Invocation {
        let [_, _, invoicing] = self.subscribers;
        invoicing.batch
    }

    /// Messages that SNS delivers for an order.
    pub(crate) fn deliveries(&self) -> f64 {
        self.subscribers.iter().map(|subscriber| subscriber.share).sum()
    }

    /// How long an order occupies Lambda's environments, in milliseconds, with batches of this size.
    pub(crate) fn occupied_ms(&self, batch: f64) -> f64 {
        let of_batches = |of: &Subscriber| of.share / batch * of.batch.billed_ms;
        self.orders.billed_ms + self.subscribers.iter().map(of_batches).sum::<f64>()
    }
}

/// As measured with services that take their time, or else with services that respond at once,
/// and their time added.
fn billed_ms(measured: &Measured, calls_ms: f64) -> f64 {
    let remote = measured.with_delays.iter().find(|measured| measured.delays == REMOTE);
    match remote {
        Some(with_delays) => with_delays.warm.until_next_us / 1e3,
        None => measured.warm_until_next_p50_us / 1e3 + calls_ms,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::result::WithDelays;
    use crate::result::tests::{life, run};
    use crate::stub::Delays;

    const BATCH: Invocation = Invocation { billed_ms: 10.0, log_bytes: 4_000.0 };

    pub(crate) const MEASURES: Measures = Measures {
        orders: Invocation { billed_ms: 30.0, log_bytes: 1_000.0 },
        subscribers: [
            Subscriber { name: "fulfilment", share: 1.0, batch: BATCH },
            Subscriber { name: "promotion", share: PROMOTED, batch: BATCH },
            Subscriber {
                name: "invoicing",
                share: 1.0,
                batch: Invocation { billed_ms: 20.0, ..BATCH },
            },
        ],
        relay: Invocation { billed_ms: 6.0, log_bytes: 800.0 },
    };

    #[test]
    fn time_with_delays_is_preferred_to_time_plus_calls() {
        let lives = [life(1, 100, &[1_000])];
        let mut measured = Measured::of(ORDERS, "orders", &lives);
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-9, "{one} {other}");
        near(billed_ms(&measured, 25.0), 28.0);
        measured.with_delays = vec![WithDelays::of(Delays::default(), &lives)];
        near(billed_ms(&measured, 25.0), 28.0);
        measured.with_delays.push(WithDelays::of(REMOTE, &[life(1, 100, &[9_000])]));
        near(billed_ms(&measured, 25.0), 27.0);
    }

    #[test]
    fn run_without_a_function_has_no_measures() {
        assert!(Measures::of(&run(vec![])).is_none());
    }
}
