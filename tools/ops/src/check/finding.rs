//! A difference between what was ordered and what was done, and how to fix it.

use std::fmt;

use domain::{Amount, OrderId};
use jiff::Timestamp;
use serde::Serialize;
use store::Unreadable;

/// One difference, for one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The order's id, or the row's key if there is no id.
    pub(crate) order_id: String,
    #[serde(flatten)]
    pub(crate) difference: Difference,
}

/// The kind of difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub(crate) enum Difference {
    /// The order is older than the grace period and has no shipment.
    NoShipment { placed_at: Timestamp },
    /// The order is older than the grace period and has no invoice.
    NoInvoice { placed_at: Timestamp },
    /// The order is older than the grace period, earned a coupon, and has none.
    NoCoupon { placed_at: Timestamp, total: Amount },
    /// The order has a coupon although the filter policy excludes its amount.
    CouponNotEarned { total: Amount },
    /// The order is older than the grace period and has a discount, but no coupon is marked as
    /// spent on it.
    DiscountWithoutCoupon { total: Amount },
    /// A coupon that another order earned is marked as spent on this id, but this order lacks the
    /// discount or does not exist.
    CouponWithoutDiscount { earned_by: OrderId },
    /// The shipment's order does not exist.
    ShipmentWithoutOrder,
    /// The invoice's order does not exist.
    InvoiceWithoutOrder,
    /// The coupon's order does not exist.
    CouponWithoutOrder,
    /// This version cannot parse the row.
    Unreadable { problem: String },
}

/// What to do about a subscriber's missing row.
const REPLAY: &str = "if no queue holds its event (ops dlq list), ops orders replay";
const WITHOUT_ORDER: &str =
    "without an order: find out who published its event, or what deleted the order";

impl Difference {
    /// Whether a subscriber's work is missing.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::NoShipment { .. } | Self::NoInvoice { .. } | Self::NoCoupon { .. })
    }
}

impl Finding {
    /// The finding for a row that cannot be parsed.
    pub(crate) fn unreadable(Unreadable { key, error }: &Unreadable) -> Self {
        Self {
            order_id: key.clone(),
            difference: Difference::Unreadable { problem: error.to_string() },
        }
    }
}

impl fmt::Display for Finding {
    /// One line: which order, what is wrong, what to do.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.order_id;
        write!(formatter, "{id}  ")?;
        match &self.difference {
            Difference::NoShipment { placed_at } => {
                write!(formatter, "no shipment, placed at {placed_at}: {REPLAY} {id}")
            }
            Difference::NoInvoice { placed_at } => {
                write!(formatter, "no invoice, placed at {placed_at}: {REPLAY} {id}")
            }
            Difference::NoCoupon { placed_at, total } => {
                write!(formatter, "no coupon for {total}, placed at {placed_at}: {REPLAY} {id}")
            }
            Difference::CouponNotEarned { total } => write!(
                formatter,
                "a coupon for {total}, which does not earn one: see whether the filter policy was changed; \
                 leave the coupon to the customer"
            ),
            Difference::DiscountWithoutCoupon { total } => write!(
                formatter,
                "paid {total} with a discount, and no coupon is spent on it: find out what changed the coupon's row, \
                 as it can be spent again"
            ),
            Difference::CouponWithoutDiscount { earned_by } => write!(
                formatter,
                "the coupon of order {earned_by} is spent on it, and it has no such discount: find out what changed \
                 either row; the customer may have lost a coupon"
            ),
            Difference::ShipmentWithoutOrder => write!(formatter, "a shipment {WITHOUT_ORDER}"),
            Difference::InvoiceWithoutOrder => write!(formatter, "an invoice {WITHOUT_ORDER}"),
            Difference::CouponWithoutOrder => write!(formatter, "a coupon {WITHOUT_ORDER}"),
            Difference::Unreadable { problem } => {
                write!(formatter, "{problem}: find out what wrote it, and repair the row")
            }
        }
    }
}
