//! Sample orders, shipments and coupons.

use domain::{Code, Coupon, Order, OrderId, Shipment};
use uuid::Uuid;

/// A new order of `amount` US dollars.
#[must_use]
pub fn order(amount: &str) -> Order {
    Order {
        id: Uuid::new_v4().into(),
        customer: "Ada Lovelace".parse().expect("a name"),
        amount: amount.parse().expect("an amount"),
        discount: None,
        placed_at: "2026-11-22T10:00:00Z".parse().expect("a time"),
    }
}

/// A shipment of an order.
#[must_use]
pub fn shipment(order_id: OrderId) -> Shipment {
    let shipped_at = "2026-11-22T10:00:07Z".parse().expect("a time");
    Shipment { order_id, tracking_number: Code::from_entropy([7; 12]), shipped_at }
}

/// A coupon with this code, valid on the day on which [`order`] is placed.
#[must_use]
pub fn coupon(code: &str) -> Coupon {
    let earned_at = "2026-11-01T10:00:00Z".parse().expect("a time");
    Coupon::earned_by(Uuid::new_v4().into(), code.parse().expect("a code"), earned_at)
}
