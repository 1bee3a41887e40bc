//! What an order costs and consumes, from measurements and assumptions.

use crate::benchmark::{FULFILMENT, ORDERS};
use crate::result::Run;

/// Duration of invocations on Lambda, and bytes logged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measures {
    /// The orders function, including the time of DynamoDB and SNS.
    pub(crate) orders_ms: f64,
    /// A subscriber with a batch.
    pub(crate) subscriber_ms: f64,
    pub(crate) orders_log_bytes: f64,
    /// For a full batch of ten.
    pub(crate) subscriber_log_bytes: f64,
}

/// The model's assumptions.
pub(crate) const ASSUMED: [&str; 5] = [
    "DynamoDB answers a write in 5 ms, a batch of inserts in 10 ms, and SNS a publish in 15 ms.",
    "Three orders in ten are of $80 or more.",
    "A queue's poller takes 20 ms to fetch a batch and to delete it, beside the function's own time.",
    "Batches are full where orders are many: ten records from 1,000 orders a second on, one below.",
    "Functions have 256 MB on arm64; prices are those of us-east-1, without free tiers, savings plans, data transfer or storage.",
];

const SAVE_MS: f64 = 5.0;
const PUBLISH_MS: f64 = 15.0;
const CLEAR_MS: f64 = 5.0;
const INSERT_MS: f64 = 10.0;
const POLLER_MS: f64 = 20.0;
const PROMOTED: f64 = 0.3;
/// Deliveries per order: to fulfilment, to invoicing and, for large orders, to promotion.
const CONSUMED: f64 = 2.0 + PROMOTED;
const MEMORY_GB: f64 = 0.25;
const FULL_BATCH: f64 = 10.0;

impl Measures {
    /// From a run against a stub without delay; `None` if the run lacks measurements.
    pub(crate) fn of(run: &Run) -> Option<Self> {
        let (orders, subscriber) = run.of(ORDERS).zip(run.of(FULFILMENT))?;
        Some(Self {
            orders_ms: orders.warm_until_next_p50_us / 1e3 + SAVE_MS + PUBLISH_MS + CLEAR_MS,
            subscriber_ms: subscriber.warm_until_next_p50_us / 1e3 + INSERT_MS,
            orders_log_bytes: orders.log_bytes,
            subscriber_log_bytes: subscriber.log_bytes,
        })
    }
}

/// A price, and how many units an order uses.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) what: &'static str,
    pub(crate) per_order: f64,
    /// US dollars per million units.
    pub(crate) price: f64,
    pub(crate) source: &'static str,
}

impl Item {
    /// US dollars per million orders.
    pub(crate) fn cost(&self) -> f64 {
        self.per_order * self.price
    }
}

/// The average batch size of a subscriber at this order rate.
pub(crate) fn batch_at(orders_per_second: f64) -> f64 {
    if orders_per_second < 1_000.0 { 1.0 } else { FULL_BATCH }
}

/// The cost items of a million orders at this batch size.
pub(crate) fn bill(measures: Measures, batch: f64) -> Vec<Item> {
    let batches = CONSUMED / batch;
    let billed_ms = measures.orders_ms.ceil() + batches * measures.subscriber_ms.ceil();
    let log_bytes =
        measures.orders_log_bytes + CONSUMED * measures.subscriber_log_bytes / FULL_BATCH;
    let item = |what, per_order, price, source| Item { what, per_order, price, source };
    vec![
        item("HTTP API, requests", 1.0, 1.0, "https://aws.amazon.com/api-gateway/pricing/"),
        item("Lambda, requests", 1.0 + batches, 0.2, LAMBDA),
        item("Lambda, GB-seconds", billed_ms / 1e3 * MEMORY_GB, 13.3334, LAMBDA),
        // Saved and cleared, each in table and index; shipment, coupon and invoice rows; and the
        // invoice counter.
        item(
            "DynamoDB, write units",
            4.0 + CONSUMED + 1.0 / batch,
            0.625,
            "https://aws.amazon.com/dynamodb/pricing/on-demand/",
        ),
        item("SNS, publishes", 1.0, 0.5, "https://aws.amazon.com/sns/pricing/"),
        // Sent one by one; received and deleted in batches.
        item("SQS, requests", CONSUMED + 2.0 * batches, 0.4, "https://aws.amazon.com/sqs/pricing/"),
        item(
            "CloudWatch Logs, KB",
            log_bytes / 1e3,
            0.5,
            "https://aws.amazon.com/cloudwatch/pricing/",
        ),
    ]
}

const LAMBDA: &str = "https://aws.amazon.com/lambda/pricing/";

/// A quota or other limit.
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) what: &'static str,
    pub(crate) quota: f64,
    pub(crate) per_order: f64,
    pub(crate) change: &'static str,
    pub(crate) source: &'static str,
}

impl Limit {
    /// The order rate at which it is reached.
    pub(crate) fn carries(&self) -> f64 {
        self.quota / self.per_order
    }
}

/// The limits, lowest first, assuming full batches, as at high rates.
pub(crate) fn limits(measures: Measures) -> Vec<Limit> {
    let batches = CONSUMED / FULL_BATCH;
    let limit =
        |what, quota, per_order, change, source| Limit { what, quota, per_order, change, source };
    let mut limits = vec![
        limit(
            "MaximumConcurrency of fulfilment in the template: 10",
            10.0,
            cycle_ms(measures) / 1e3 / FULL_BATCH,
            "raise it, up to 1,000; or a larger BatchSize with a batching window",
            SQS_SCALING,
        ),
        limit(
            "outbox index: 16 shards of 1,000 writes a second",
            16.0 * 1_000.0,
            2.0,
            "raise OutboxShards",
            "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
        ),
        limit(
            "Lambda, requests a second: ten times the account's concurrency of 1,000",
            10_000.0,
            1.0 + batches,
            "ask for more concurrency; larger batches",
            LAMBDA_QUOTAS,
        ),
        limit(
            "ApiRequestsPerSecond in the template: 1,000",
            1_000.0,
            1.0,
            "raise it; what is above is answered with 429",
            HTTP_API_QUOTAS,
        ),
        limit(
            "HTTP API, requests a second of the account: 10,000",
            10_000.0,
            1.0,
            "ask for more",
            HTTP_API_QUOTAS,
        ),
        limit(
            "SNS, messages a second of the account: 30,000 in us-east-1, down to 300 in the smallest regions",
            30_000.0,
            1.0,
            "ask for more; another region",
            "https://docs.aws.amazon.com/general/latest/gr/sns.html",
        ),
        limit(
            "OrdersTable, write units a second: 40,000 by default",
            40_000.0,
            2.0,
            "ask for more, and warm the table up before it is needed",
            "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html",
        ),
        limit(
            "Lambda, concurrency of the account: 1,000",
            1_000.0,
            (measures.orders_ms + batches * measures.subscriber_ms) / 1e3,
            "ask for more; a function's share then grows by 1,000 every ten seconds at most",
            "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
        ),
        limit(
            "fulfilment's poller: 1,250 batches at once",
            1_250.0,
            cycle_ms(measures) / 1e3 / FULL_BATCH,
            "a larger BatchSize; provisioned pollers; a second queue",
            SQS_SCALING,
        ),
    ];
    limits.sort_by(|one, other| one.carries().total_cmp(&other.carries()));
    limits
}

const HTTP_API_QUOTAS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
const SQS_SCALING: &str = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";
const LAMBDA_QUOTAS: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";

fn cycle_ms(measures: Measures) -> f64 {
    measures.subscriber_ms + POLLER_MS
}

/// How many seconds fulfilment takes for this many messages, starting with five concurrent batches
/// and adding up to 300 per minute until `most`.
pub(crate) fn drain_seconds(measures: Measures, messages: f64, most: f64) -> f64 {
    let per_batch_at_once = FULL_BATCH / (cycle_ms(measures) / 1e3);
    let (mut left, mut at_once, mut seconds) = (messages, f64::min(5.0, most), 0.0);
    while at_once < most && left > at_once * per_batch_at_once {
        left -= at_once * per_batch_at_once;
        at_once = f64::min(at_once + 300.0 / 60.0, most);
        seconds += 1.0;
    }
    seconds + left / (at_once * per_batch_at_once)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURES: Measures = Measures {
        orders_ms: 26.0,
        subscriber_ms: 10.0,
        orders_log_bytes: 1_000.0,
        subscriber_log_bytes: 5_000.0,
    };

    fn cost(items: &[Item], what: &str) -> f64 {
        items.iter().find(|item| item.what.starts_with(what)).unwrap().cost()
    }

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6 * other.abs()
    }

    #[test]
    fn bill_is_usage_times_price() {
        let bill = bill(MEASURES, 10.0);
        assert!(near(cost(&bill, "Lambda, requests"), 1.23 * 0.2));
        assert!(near(cost(&bill, "Lambda, GB"), (26.0 + 0.23 * 10.0) / 1e3 * 0.25 * 13.3334));
        assert!(near(cost(&bill, "DynamoDB"), 6.4 * 0.625));
        assert!(near(cost(&bill, "CloudWatch"), (1_000.0 + 1_150.0) / 1e3 * 0.5));
    }

    #[test]
    fn small_batches_cost_more() {
        let total = |batch| bill(MEASURES, batch).iter().map(Item::cost).sum::<f64>();
        assert!(total(1.0) > total(10.0));
    }

    #[test]
    fn limits_are_sorted_tightest_first() {
        let limits = limits(MEASURES);
        assert!(limits.is_sorted_by(|one, other| one.carries() <= other.carries()));
        let outbox = limits.iter().find(|limit| limit.what.starts_with("outbox")).unwrap();
        assert!(near(outbox.carries(), 8_000.0));
    }

    #[test]
    fn backlog_drains_at_poller_concurrency() {
        // Five concurrent batches from the start: 10 / 30 ms each.
        assert!(near(drain_seconds(MEASURES, 1_000_000.0, 5.0), 1_000_000.0 / (5.0 * 10.0 / 0.03)));
        assert!(drain_seconds(MEASURES, 1e7, 1_250.0) > 1e7 / (1_250.0 * 10.0 / 0.03));
        assert!(drain_seconds(MEASURES, 1e7, 1_250.0) < drain_seconds(MEASURES, 1e7, 10.0));
    }
}
