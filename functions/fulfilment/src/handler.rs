//! Turns an `order.placed` event into a shipment row.

use std::time::Duration;

use domain::{OrderPlaced, Shipment, whole_seconds};
use jiff::Timestamp;
use metrique_writer::Entry;
use metrique_writer::value::Distribution;

/// Fulfilment's own metrics for a batch.
#[derive(Entry)]
#[entry(rename_all = "PascalCase")]
pub(crate) struct FulfilmentMetrics {
    /// For each shipped order, the time since it was placed, in milliseconds.
    order_age_when_fulfilled: Distribution<Duration>,
}

/// Returns a shipment for the order, with a new tracking number, shipped now.
pub(crate) fn prepare(event: &OrderPlaced) -> Shipment {
    Shipment {
        order_id: event.order_id,
        tracking_number: subscriber::random_code(),
        shipped_at: whole_seconds(Timestamp::now()),
    }
}

pub(crate) fn measure(ages: &[Duration]) -> FulfilmentMetrics {
    FulfilmentMetrics { order_age_when_fulfilled: ages.iter().copied().collect() }
}
