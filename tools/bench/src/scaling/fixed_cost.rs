//! What a stack costs in a month without orders.

use super::model::{Model, SECONDS_A_MONTH, SWEEPS_A_MONTH};
use super::order_cost::PLATFORM_LOG_BYTES;
use super::prices::{self, Price};
use super::prose::QUERY_UNITS;

/// What a stack uses in a month.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) what: String,
    pub(crate) quantity: f64,
    pub(crate) price: Price,
}

impl Fixed {
    /// US dollars a month.
    pub(crate) fn cost(&self) -> f64 {
        self.price.of(self.quantity)
    }
}

/// Pollers of an event source mapping without messages. With `MaximumConcurrency`, Lambda does not
/// reduce them.
const IDLE_POLLERS: f64 = 5.0;
/// The longest wait of a long poll.
const POLL_SECONDS: f64 = 20.0;
/// SNS and SQS use a data key for five minutes.
const DATA_KEY_SECONDS: f64 = 300.0;

/// What the functions report: metrics with the dimension `function`, as in
/// docs/reference/observability.md.
const METRICS: [(&str, &[&str]); 6] = [
    ("all", &["HandlerDuration", "ColdStarts", "Failures"]),
    (
        "orders",
        &[
            "TimeToAnswer",
            "OrdersAccepted",
            "OrdersRejected",
            "OrdersUnavailable",
            "CouponsSpent",
            "PublishFailures",
            "PendingFlagsNotCleared",
        ],
    ),
    (
        "outbox-relay",
        &["Sweeps", "SweepFailures", "OutboxFound", "OutboxPublished", "OutboxOldestAge"],
    ),
    ("every subscriber", &["RecordsDone", "RecordsAlreadyDone", "RecordsRetried", "RecordsPoison"]),
    // One of its own for each subscriber.
    ("fulfilment", &["OrderAgeWhenFulfilled"]),
    ("promotion and invoicing", &["CouponsGiven", "InvoicesIssued"]),
];
/// `TimeToAnswer` has a second dimension with these values (`Route` of the orders function).
const ROUTES: f64 = 7.0;
/// `OrdersRejected` has a second dimension with these values (`Reason` of the orders function).
const REASONS: f64 = 6.0;

/// Custom metrics, if each of them has a value, with one version of each function.
fn custom_metrics(queues: f64) -> f64 {
    let functions = 2.0 + queues;
    let of = |(whose, names): &(&str, &[&str])| {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let number = names.len() as f64;
        match *whose {
            "all" => functions * number,
            "every subscriber" => queues * number,
            _ => number,
        }
    };
    METRICS.iter().map(of).sum::<f64>() + ROUTES + REASONS
}

/// What a stack uses in a month without orders, except for the custom metrics, which are at most
/// so many.
pub(crate) fn items(model: &Model) -> Vec<Fixed> {
    let Model { measures, stack } = model;
    let item = |what: &str, quantity, price| Fixed { what: what.to_owned(), quantity, price };
    let relay_seconds = measures.relay.billed_ms.ceil() / 1e3 * SWEEPS_A_MONTH;
    let relay_log_kb = (measures.relay.log_bytes + PLATFORM_LOG_BYTES) / 1e3 * SWEEPS_A_MONTH;
    let polls = stack.queues * IDLE_POLLERS * SECONDS_A_MONTH / POLL_SECONDS;
    vec![
        item("Custom metrics, at most", custom_metrics(stack.queues), prices::METRIC_MONTH),
        item("Alarms", stack.alarms, prices::ALARM_MONTH),
        item("Dashboard", stack.dashboards, prices::DASHBOARD_MONTH),
        item("KMS key of the alarm topic", stack.keys, prices::KEY_MONTH),
        item("SQS, empty receives: five pollers a queue, 20 s each", polls, prices::SQS_REQUEST),
        item("Relay: traces, one a sweep", SWEEPS_A_MONTH, prices::TRACE),
        item("Relay: starts by the scheduler", SWEEPS_A_MONTH, prices::SCHEDULE),
        item("Relay: logs, KB", relay_log_kb, prices::LOG_KB),
        item("Relay: Lambda requests", SWEEPS_A_MONTH, prices::LAMBDA_REQUEST),
        item("Relay: Lambda GB-seconds", relay_seconds * stack.memory_gb, prices::LAMBDA_GB_SECOND),
        item(
            "Relay: read units, one `Scan` a sweep",
            SWEEPS_A_MONTH * QUERY_UNITS,
            prices::READ_UNIT,
        ),
        item("KMS requests for the orders topic", sns_key_requests(), prices::KMS_REQUEST),
    ]
}

/// US dollars a month.
pub(crate) fn sum(items: &[Fixed]) -> f64 {
    items.iter().map(Fixed::cost).sum()
}

/// What `KmsKeyArn` adds: the key, and requests for the queues.
pub(crate) fn with_own_key(model: &Model) -> f64 {
    let (senders, receivers) = (1.0, 1.0);
    let requests = data_keys() * (2.0 * senders + receivers) * model.stack.queues;
    prices::KEY_MONTH.of(1.0) + prices::KMS_REQUEST.of(requests)
}

/// Two requests for each data key and publisher: the orders function and the relay.
fn sns_key_requests() -> f64 {
    let publishers = 2.0;
    data_keys() * 2.0 * publishers
}

fn data_keys() -> f64 {
    SECONDS_A_MONTH / DATA_KEY_SECONDS
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::MODEL;
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    #[test]
    fn fixed_items_follow_from_the_template() {
        let items = items(&MODEL);
        let cost =
            |what: &str| items.iter().find(|item| item.what.starts_with(what)).unwrap().cost();
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-6, "{one} {other}");
        near(cost("Alarms"), 4.0);
        near(cost("SQS"), 1.944 * 0.4);
        near(cost("Custom"), 55.0 * 0.3);
        near(cost("KMS requests"), 0.03456 * 3.0);
        near(with_own_key(&MODEL), 1.0 + 0.07776 * 3.0);
    }

    #[test]
    fn counted_metrics_are_the_documented_ones() {
        let page = devstack::root().join("docs/reference/observability.md");
        let page = fs::read_to_string(page).unwrap();
        let (_, table) = page.split_once("| Function | Metrics |").unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        let documented: BTreeSet<_> = table.split('`').skip(1).step_by(2).collect();
        let counted: BTreeSet<_> =
            METRICS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        assert_eq!(counted, documented);
    }
}
