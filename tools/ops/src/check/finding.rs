//! A difference between what was ordered and what was done, and what to do about it.

use std::fmt;

use domain::{Amount, OrderId};
use jiff::Timestamp;
use serde::Serialize;
use store::Unreadable;

/// One difference, of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The order's id, or what stands in its place.
    pub(crate) order_id: String,
    #[serde(flatten)]
    pub(crate) difference: Difference,
}

/// What is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub(crate) enum Difference {
    /// The order is older than the grace, and was not shipped.
    NoShipment { placed_at: Timestamp },
    /// The order is older than the grace, and has no invoice.
    NoInvoice { placed_at: Timestamp },
    /// The order is older than the grace, earned a coupon, and has none.
    NoCoupon { placed_at: Timestamp, total: Amount },
    /// The order has a coupon that the filter policy does not give it.
    CouponNotEarned { total: Amount },
    /// The order is older than the grace and has a discount, and no coupon says that it is spent on
    /// it.
    DiscountWithoutCoupon { total: Amount },
    /// The coupon that another order earned says that it is spent on this one, which has no such
    /// discount, or is none.
    CouponWithoutDiscount { earned_by: OrderId },
    /// The shipment belongs to no order.
    ShipmentWithoutOrder,
    /// The invoice belongs to no order.
    InvoiceWithoutOrder,
    /// The coupon belongs to no order.
    CouponWithoutOrder,
    /// The row is not what this version writes.
    Unreadable { problem: String },
}

impl Difference {
    /// Whether a subscriber has not done what it should have.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::NoShipment { .. } | Self::NoInvoice { .. } | Self::NoCoupon { .. })
    }
}

impl Finding {
    /// Of a row that cannot be read.
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
            Difference::NoShipment { placed_at } => write!(
                formatter,
                "no shipment, placed at {placed_at}: if no queue holds its event (ops dlq list), ops orders replay {id}"
            ),
            Difference::NoInvoice { placed_at } => write!(
                formatter,
                "no invoice, placed at {placed_at}: if no queue holds its event (ops dlq list), ops orders replay {id}"
            ),
            Difference::NoCoupon { placed_at, total } => write!(
                formatter,
                "no coupon for {total}, placed at {placed_at}: if no queue holds its event (ops dlq list), \
                 ops orders replay {id}"
            ),
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
            Difference::ShipmentWithoutOrder => {
                write!(
                    formatter,
                    "a shipment without an order: find out who published its event, or what deleted the order"
                )
            }
            Difference::InvoiceWithoutOrder => {
                write!(
                    formatter,
                    "an invoice without an order: find out who published its event, or what deleted the order"
                )
            }
            Difference::CouponWithoutOrder => {
                write!(
                    formatter,
                    "a coupon without an order: find out who published its event, or what deleted the order"
                )
            }
            Difference::Unreadable { problem } => {
                write!(formatter, "{problem}: find out what wrote it, and repair the row")
            }
        }
    }
}
