//! What a million orders cost.

use super::model::{Load, Model};
use super::prices::{self, MILLION, Price};
use super::write_units;

/// What an order uses of something that has a price.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) what: &'static str,
    pub(crate) per_order: f64,
    pub(crate) price: Price,
}

impl Item {
    /// US dollars a million orders.
    pub(crate) fn cost(&self) -> f64 {
        self.price.of(self.per_order * MILLION)
    }
}

/// The lines that Lambda itself logs of an invocation, `platform.start` and `platform.report`.
pub(crate) const PLATFORM_LOG_BYTES: f64 = 600.0;
/// An answer to `POST /orders`, with its headers.
const ANSWER_BYTES: f64 = 2_000.0;
/// X-Ray records the first request of a second, and this share of the others.
const SAMPLED: f64 = 0.05;

/// The cost items of an order. Prices are without free tiers.
pub(crate) fn items(model: &Model, load: Load) -> Vec<Item> {
    let Model { measures, stack } = model;
    let batches = model.batches(load.batch);
    let item = |what, per_order, price| Item { what, per_order, price };
    vec![
        item("HTTP API, requests", 1.0, prices::HTTP_API),
        item("Data to the client, KB", ANSWER_BYTES / 1e3, prices::TRANSFER_KB),
        item("Lambda, requests", 1.0 + batches, prices::LAMBDA_REQUEST),
        item("Lambda, GB-seconds", gb_seconds(model, load.batch), prices::LAMBDA_GB_SECOND),
        item("DynamoDB, write units", write_units::of_plain_order(load.batch), prices::WRITE_UNIT),
        item("SNS, publishes", 1.0, prices::SNS_PUBLISH),
        item(
            "SQS, requests: sent one by one, received and deleted in batches",
            measures.deliveries() + 2.0 * batches,
            prices::SQS_REQUEST,
        ),
        item(
            "CloudWatch Logs, KB",
            (log_bytes(model, load.batch) + stack.access_log_bytes) / 1e3,
            prices::LOG_KB,
        ),
        item("X-Ray, traces", traces(model, load), prices::TRACE),
    ]
}

/// US dollars a million orders.
pub(crate) fn sum(items: &[Item]) -> f64 {
    items.iter().map(Item::cost).sum()
}

/// Lambda bills whole milliseconds.
fn gb_seconds(model: &Model, batch: f64) -> f64 {
    let subscribers = model.measures.subscribers.iter();
    let of_subscribers: f64 =
        subscribers.map(|of| of.share / batch * of.batch.billed_ms.ceil()).sum();
    (model.measures.orders.billed_ms.ceil() + of_subscribers) / 1e3 * model.stack.memory_gb
}

/// Bytes that the functions and Lambda log. A batch of one is taken to log as much as a request: a
/// line and a metrics document.
fn log_bytes(model: &Model, batch: f64) -> f64 {
    let full = model.stack.batch_size;
    let own = |of_batch: f64| {
        if batch < full { model.measures.orders.log_bytes } else { of_batch / full }
    };
    let subscribers = model.measures.subscribers.iter();
    let of_subscribers: f64 = subscribers.map(|of| of.share * own(of.batch.log_bytes)).sum();
    let platform = (1.0 + model.batches(batch)) * PLATFORM_LOG_BYTES;
    model.measures.orders.log_bytes + of_subscribers + platform
}

/// Traces that X-Ray records for an order, if each function samples its own invocations.
fn traces(model: &Model, Load { orders_per_second, batch }: Load) -> f64 {
    let sampled = |rate: f64| f64::min(rate, 1.0) + SAMPLED * f64::max(rate - 1.0, 0.0);
    let subscribers = model.measures.subscribers.iter();
    let of_subscribers: f64 =
        subscribers.map(|of| sampled(orders_per_second * of.share / batch)).sum();
    (sampled(orders_per_second) + of_subscribers) / orders_per_second
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::MODEL;
    use super::*;

    fn used(orders_per_second: f64, what: &str) -> f64 {
        let items = items(&MODEL, MODEL.load(orders_per_second));
        items.iter().find(|item| item.what.starts_with(what)).unwrap().per_order
    }

    fn near(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-6 * other.abs(), "{one} {other}");
    }

    #[test]
    fn order_uses_of_each_item_follow_from_the_batches() {
        for (rate, what, expected) in [
            (1_000.0, "Lambda, requests", 1.23),
            (1.0, "Lambda, requests", 3.3),
            (1_000.0, "Lambda, GB", (30.0 + 0.13 * 10.0 + 0.1 * 20.0) / 1e3 * 0.25),
            (1_000.0, "SQS", 2.76),
            (1.0, "SQS", 6.9),
            (1_000.0, "DynamoDB", 6.7),
            (1_000.0, "CloudWatch", 1.0 + 2.3 * 0.4 + 1.23 * 0.6 + 0.4),
            (1.0, "CloudWatch", 3.3 * 1.0 + 3.3 * 0.6 + 0.4),
        ] {
            near(used(rate, what), expected);
        }
    }

    #[test]
    fn first_of_a_second_and_a_twentieth_of_the_rest_are_traced() {
        near(used(1.0, "X-Ray"), 3.3);
        // Orders, fulfilment and invoicing at ten a second, promotion at three.
        near(used(10.0, "X-Ray"), (3.0 * 1.45 + 1.1) / 10.0);
    }

    #[test]
    fn cost_is_use_times_price() {
        let items = items(&MODEL, MODEL.load(1_000.0));
        let writes = items.iter().find(|item| item.what.starts_with("DynamoDB")).unwrap();
        near(writes.cost(), 6.7 * 0.625);
        near(sum(&items), items.iter().map(Item::cost).sum());
    }
}
