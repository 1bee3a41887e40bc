//! From an event to a coupon in the table.

use domain::{Code, Coupon, OrderPlaced};
use jiff::Timestamp;
use metrique_writer::Entry;
use metrique_writer::unit::AsCount;
use sqs_batch::BatchCounts;
use telemetry::nonzero_count;

/// What is measured of a batch.
#[derive(Entry)]
#[entry(rename_all = "PascalCase")]
pub(crate) struct PromotionMetrics {
    coupons_given: Option<AsCount<u64>>,
}

/// A coupon for the order, with a code that cannot be guessed.
pub(crate) fn prepare(event: &OrderPlaced) -> Coupon {
    let mut entropy = [0; 12];
    getrandom::fill(&mut entropy).expect("the operating system gives random bytes");
    let now = Timestamp::now().as_second();
    let now = Timestamp::from_second(now).expect("the second of a timestamp is in range");
    Coupon::earned_by(event.order_id, Code::from_entropy(entropy), now)
}

pub(crate) fn measure(counts: &BatchCounts) -> PromotionMetrics {
    PromotionMetrics { coupons_given: nonzero_count(counts.ages.len() as u64) }
}
