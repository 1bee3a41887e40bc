//! An order as its customer sees it. Version 1 of the contract: fields may be added, never changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, Code, Coupon, Currency, CustomerName, Discount, Order, OrderId, Shipment};

/// The body of `POST /orders` and `GET /orders/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// The order's key.
    pub id: OrderId,
    /// The customer's name.
    pub customer: CustomerName,
    /// The currency of all amounts in this view.
    pub currency: Currency,
    /// When the order was accepted.
    pub placed_at: Timestamp,
    /// The amount ordered.
    pub amount: Amount,
    /// The discount, if a coupon was spent on this order.
    pub discount: Option<Discount>,
    /// The amount to pay.
    pub total: Amount,
    /// The order's status.
    pub status: Status,
    /// The shipment, once it exists.
    pub shipment: Option<ShipmentView>,
    /// The coupon that this order earned, once it exists.
    pub coupon: Option<CouponView>,
}

/// An order's status. It is derived, never stored: an order is fulfilled when its shipment exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Saved, not yet shipped.
    Placed,
    /// Shipped.
    Fulfilled,
}

/// A shipment, for the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentView {
    /// The code with which the customer tracks the parcel.
    pub tracking_number: Code,
    /// When it was shipped.
    pub shipped_at: Timestamp,
}

/// A coupon, for the customer who earned it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponView {
    /// The code to enter to spend the coupon.
    pub code: Code,
    /// The discount in percent.
    pub percent: u8,
    /// The instant from which the coupon is invalid.
    pub expires_at: Timestamp,
    /// Whether the coupon was spent on another order.
    pub spent: bool,
}

impl OrderView {
    /// Combines an order with its shipment and its coupon.
    #[must_use]
    pub fn new(order: Order, shipment: Option<Shipment>, coupon: Option<Coupon>) -> Self {
        Self {
            id: order.id,
            currency: Currency::Usd,
            placed_at: order.placed_at,
            amount: order.amount,
            total: order.total(),
            discount: order.discount,
            customer: order.customer,
            status: if shipment.is_some() { Status::Fulfilled } else { Status::Placed },
            shipment: shipment.map(|Shipment { order_id: _, tracking_number, shipped_at }| {
                ShipmentView { tracking_number, shipped_at }
            }),
            coupon: coupon.map(|Coupon { order_id: _, code, percent, expires_at, spent_by }| {
                CouponView { code, percent, expires_at, spent: spent_by.is_some() }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            id: "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().unwrap(),
            customer: "Ada Lovelace".parse().unwrap(),
            amount: "81.50".parse().unwrap(),
            discount: None,
            placed_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        }
    }

    fn assert_golden(view: &OrderView, golden: &str) {
        assert_eq!(serde_json::to_string_pretty(view).unwrap(), golden.trim_end());
        assert_eq!(serde_json::from_str::<OrderView>(golden).unwrap(), *view);
    }

    #[test]
    fn placed_order_matches_the_golden_view() {
        assert_golden(
            &OrderView::new(order(), None, None),
            include_str!("golden/order_view_placed.v1.json"),
        );
    }

    #[test]
    fn fulfilled_order_matches_the_golden_view() {
        let order = order();
        let shipped_at = "2026-11-22T10:00:01Z".parse().unwrap();
        let shipment = Shipment {
            order_id: order.id,
            tracking_number: Code::from_entropy([7; 12]),
            shipped_at,
        };
        let coupon = Coupon::earned_by(order.id, Code::from_entropy([8; 12]), shipped_at);
        let view = OrderView::new(order, Some(shipment), Some(coupon));
        assert_golden(&view, include_str!("golden/order_view_fulfilled.v1.json"));
    }
    #[test]
    fn discounted_order_matches_the_golden_view() {
        let mut order = order();
        let coupon = Coupon::earned_by(order.id, Code::from_entropy([9; 12]), order.placed_at);
        order.discount = Some(coupon.discount_on(order.amount));
        assert_golden(
            &OrderView::new(order, None, None),
            include_str!("golden/order_view_discounted.v1.json"),
        );
    }
}
