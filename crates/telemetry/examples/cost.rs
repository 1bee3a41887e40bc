//! Measures the instructions that telemetry costs: run it under callgrind with two different
//! request counts and divide the difference.
//!
//! Each request is recorded like a placed order in the orders function: one span, one line, one
//! metric document. A record of a batch costs one span and one line.

use std::error::Error;
use std::time::Duration;

use metrique_writer::Entry;
use metrique_writer::Unit;
use metrique_writer::unit::{AsCount, NegativeScale};
use telemetry::{ExtraDimension, LogSettings, SpanContext, TraceParent, nonzero_count};

#[derive(Entry)]
#[entry(rename_all = "PascalCase")]
struct RequestRecord {
    #[entry(name = "route")]
    route: &'static str,
    #[entry(name = "reason")]
    reason: Option<&'static str>,
    time_to_answer: Duration,
    orders_accepted: Option<AsCount<u64>>,
    orders_rejected: Option<AsCount<u64>>,
    orders_unavailable: Option<AsCount<u64>>,
    publish_failures: Option<AsCount<u64>>,
    pending_flags_not_cleared: Option<AsCount<u64>>,
}

const BY_ROUTE: ExtraDimension = ExtraDimension {
    dimension: "route",
    metric: "TimeToAnswer",
    unit: Unit::Second(NegativeScale::Milli),
};
const CLIENTS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const ORDER: &str = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u32>());
    let (requests, records) = (
        numbers.next().ok_or("how many requests?")??,
        numbers.next().ok_or("and how many records each?")??,
    );
    let json = LogSettings::from_lambda(None, Some("JSON"));
    let telemetry = telemetry::init("cost", &json, Some("OrderFanout/cost".to_owned()), None);
    let metrics = telemetry.metrics(&[BY_ROUTE]);
    for _ in 0..requests {
        let invocation = telemetry.invocation();
        if records == 0 {
            let step = SpanContext::child_of(CLIENTS.parse::<TraceParent>().ok());
            step.request_span(ORDER).in_scope(|| {
                tracing::info!(target: "orders", route = "create_order", status = 201, order_id = ORDER, outcome = "placed", "request");
            });
        }
        for _ in 0..records {
            let step = SpanContext::child_of(CLIENTS.parse::<TraceParent>().ok());
            step.span().in_scope(|| {
                tracing::info!(target: "subscriber", order_id = ORDER, message_id = ORDER, outcome = "done", "record");
            });
        }
        let served = RequestRecord {
            route: "create_order",
            reason: None,
            time_to_answer: invocation.elapsed(),
            orders_accepted: nonzero_count(1),
            orders_rejected: nonzero_count(0),
            orders_unavailable: nonzero_count(0),
            publish_failures: nonzero_count(0),
            pending_flags_not_cleared: nonzero_count(0),
        };
        invocation.end(&metrics, &served);
    }
    Ok(())
}
