//! Which limit is reached at which rate of orders.

use super::model::{Model, cycle_seconds};
use super::{grouped, write_units};

/// A quota or another limit, and the rates of orders at which it is reached.
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) what: String,
    pub(crate) change: &'static str,
    pub(crate) source: &'static str,
    /// Orders a second with full batches.
    pub(crate) full_batches: f64,
    /// Orders a second with one record in a batch.
    pub(crate) one_by_one: f64,
}

impl Limit {
    fn new(what: impl Into<String>, quota: f64, per_order: impl Fn(f64) -> f64, full: f64) -> Self {
        let [full_batches, one_by_one] = [full, 1.0].map(|batch| quota / per_order(batch));
        Self { what: what.into(), change: "", source: "", full_batches, one_by_one }
    }

    fn change(self, change: &'static str, source: &'static str) -> Self {
        Self { change, source, ..self }
    }
}

/// The rate of writes that DynamoDB serves of one partition, and so of one row.
pub(crate) const WRITES_OF_A_ROW: f64 = 1_000.0;
const CONCURRENCY: f64 = 1_000.0;
pub(crate) const NEW_CONCURRENCY: f64 = 10.0;

/// The limits, lowest first with full batches.
pub(crate) fn limits(model: &Model) -> Vec<Limit> {
    let Model { measures, stack } = model;
    let full = stack.batch_size;
    let plain = |what: &str, quota, per_order: f64| Limit::new(what, quota, |_| per_order, full);
    let environments = |what: &str, quota| {
        Limit::new(what, quota, |batch| measures.occupied_ms(batch) / 1e3, full)
    };
    let mut limits = vec![
        environments("Lambda, concurrency of a new account: 10 or so", NEW_CONCURRENCY)
            .change("ask for more before the first load test", NEW_ACCOUNTS),
        environments("Lambda, concurrency of the account: 1,000", CONCURRENCY)
            .change("ask for more", LAMBDA_QUOTAS),
        Limit::new(
            "Lambda, requests a second: ten times the concurrency of 1,000",
            10.0 * CONCURRENCY,
            |batch| 1.0 + model.batches(batch),
            full,
        )
        .change("ask for more concurrency; larger batches", LAMBDA_QUOTAS),
        Limit::new(
            format!("`ApiRequestsPerSecond`: {}", grouped(stack.api_requests_per_second)),
            stack.api_requests_per_second,
            |_| 1.0,
            full,
        )
        .change("raise it; what is above is answered with 429", HTTP_API_QUOTAS),
        plain("HTTP API, requests a second of the account: 10,000", 10_000.0, 1.0)
            .change("ask for more", HTTP_API_QUOTAS),
        plain(
            "SNS, messages a second of the account: 30,000 in us-east-1, 300 in the smallest regions",
            30_000.0,
            1.0,
        )
        .change("ask for more; another region", SNS_QUOTAS),
        plain(
            "OrdersTable, when it is new: 4,000 writes a second; as many for its index",
            4_000.0,
            write_units::OF_ORDERS_TABLE,
        )
        .change("warm the table up before it is needed; it grows with use", NEW_TABLES),
        plain(
            "OrdersTable, write units a second: 40,000; as many for its index",
            40_000.0,
            write_units::OF_ORDERS_TABLE,
        )
        .change("ask for more", DYNAMODB_QUOTAS),
        Limit::new(
            format!("Index `outbox`: {} shards of 1,000 writes a second", stack.outbox_shards),
            stack.outbox_shards * WRITES_OF_A_ROW,
            |_| write_units::OF_ORDERS_TABLE,
            full,
        )
        .change("raise `OutboxShards`", PARTITIONS),
        Limit::new(
            "Invoice counter: one row, 1,000 writes a second",
            WRITES_OF_A_ROW,
            |batch| 1.0 / batch,
            full,
        )
        .change("a larger `BatchSize`, with a batching window", PARTITIONS),
    ];
    limits.extend(measures.subscribers.iter().map(|of| {
        Limit::new(
            format!("`MaximumConcurrency` of {}: {}", of.name, stack.maximum_concurrency),
            stack.maximum_concurrency,
            |batch| of.share * cycle_seconds(of.batch.billed_ms) / batch,
            full,
        )
        .change("raise it, up to 1,000; a larger `BatchSize`", SQS_SCALING)
    }));
    limits.sort_by(|one, other| one.full_batches.total_cmp(&other.full_batches));
    limits
}

const DYNAMODB_QUOTAS: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html";
const HTTP_API_QUOTAS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
pub(crate) const LAMBDA_QUOTAS: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
pub(crate) const NEW_ACCOUNTS: &str =
    "https://github.com/aws-samples/one-observability-demo/issues/278";
pub(crate) const NEW_TABLES: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html";
pub(crate) const PARTITIONS: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html";
const SNS_QUOTAS: &str = "https://docs.aws.amazon.com/general/latest/gr/sns.html";
pub(crate) const SQS_SCALING: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";

/// How many batches of invoicing at once use up the row of the counter.
pub(crate) fn concurrency_of_the_counter(model: &Model) -> f64 {
    WRITES_OF_A_ROW * cycle_seconds(model.measures.invoicing().billed_ms)
}

/// Updates of the counter a second with `MaximumConcurrency` batches at once.
pub(crate) fn counter_updates(model: &Model) -> f64 {
    model.stack.maximum_concurrency / cycle_seconds(model.measures.invoicing().billed_ms)
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::MODEL;
    use super::*;

    fn near(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-6 * other.abs(), "{one} {other}");
    }

    fn carries(what: &str) -> [f64; 2] {
        let limits = limits(&MODEL);
        let limit = limits.iter().find(|limit| limit.what.contains(what)).unwrap();
        [limit.full_batches, limit.one_by_one]
    }

    #[test]
    fn limits_are_sorted_tightest_first() {
        let limits = limits(&MODEL);
        assert!(limits.is_sorted_by(|one, other| one.full_batches <= other.full_batches));
        assert!(limits.iter().all(|limit| limit.source.starts_with("https://")));
    }

    #[test]
    fn rates_follow_from_batches_and_cycles() {
        for (what, expected) in [
            ("outbox", [8_000.0, 8_000.0]),
            ("counter", [10_000.0, 1_000.0]),
            // 20 ms, and 20 ms of the poller.
            ("of invoicing", [2_500.0, 250.0]),
            ("of promotion", [10.0 * 10.0 / 0.03 / 0.3, 10.0 / 0.03 / 0.3]),
            ("new account", [10.0 / 0.0333, 10.0 / 0.063]),
            ("requests a second: ten", [10_000.0 / 1.23, 10_000.0 / 3.3]),
        ] {
            let found = carries(what);
            near(found[0], expected[0]);
            near(found[1], expected[1]);
        }
    }

    #[test]
    fn counter_is_used_up_at_a_thousand_updates_a_second() {
        near(concurrency_of_the_counter(&MODEL), 40.0);
        near(counter_updates(&MODEL), 250.0);
    }
}
