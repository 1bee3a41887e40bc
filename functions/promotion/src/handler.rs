//! Turns an `order.placed` event into a coupon row.

use std::time::Duration;

use domain::{Coupon, OrderPlaced, whole_seconds};
use jiff::Timestamp;
use metrique_writer::Entry;
use metrique_writer::unit::AsCount;
use subscriber::nonzero_count;

/// Promotion's own metrics for a batch.
#[derive(Entry)]
#[entry(rename_all = "PascalCase")]
pub(crate) struct PromotionMetrics {
    coupons_given: Option<AsCount<u64>>,
}

/// Returns a coupon for the order, with a random code.
pub(crate) fn prepare(event: &OrderPlaced) -> Coupon {
    Coupon::earned_by(event.order_id, subscriber::random_code(), whole_seconds(Timestamp::now()))
}

pub(crate) fn measure(ages: &[Duration]) -> PromotionMetrics {
    PromotionMetrics { coupons_given: nonzero_count(ages.len() as u64) }
}
