//! An order's page. It refreshes itself until the order is complete.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{CouponView, OrderView, Status};
use jiff::{SignedDuration, Timestamp};

use super::{EARNS_FROM_CENTS, render};
use crate::assets;

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    order: OrderView,
    fulfilled: bool,
    /// Whether the total is large enough for a coupon.
    earns: bool,
    /// The state of the coupon that this order earned.
    coupon_state: CouponState,
    /// Whether the page should refresh: the shipment or the coupon is still missing.
    awaits: bool,
    /// Seconds until the page reloads in a browser without script.
    reload_after: Option<u8>,
}

/// What the customer can do with a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CouponState {
    /// The coupon can be spent, or is not earned yet.
    Good,
    Spent,
    Expired,
}

impl CouponState {
    fn of(coupon: Option<&CouponView>, now: Timestamp) -> Self {
        match coupon {
            Some(coupon) if coupon.spent => Self::Spent,
            Some(coupon) if coupon.expires_at <= now => Self::Expired,
            _ => Self::Good,
        }
    }
}

impl OrderPage {
    fn of(order: OrderView, now: Timestamp) -> Self {
        let fulfilled = order.status == Status::Fulfilled;
        let earns = order.total.cents() >= EARNS_FROM_CENTS;
        let coupon_state = CouponState::of(order.coupon.as_ref(), now);
        let awaits = !fulfilled || (earns && order.coupon.is_none());
        let reload_after =
            if awaits { reload_after(now.duration_since(order.placed_at)) } else { None };
        Self { order, fulfilled, earns, coupon_state, awaits, reload_after }
    }
}

/// Returns the reload interval in seconds, which grows with the order's age.
fn reload_after(age: SignedDuration) -> Option<u8> {
    match age.as_secs() {
        ..30 => Some(2),
        30..600 => Some(20),
        _ => None,
    }
}

pub(crate) fn order(order: OrderView) -> Response {
    render(&OrderPage::of(order, Timestamp::now()), StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::html;
    use domain::{Code, Coupon, Order, Shipment};

    fn sample(customer: &str, amount: &str) -> Order {
        Order {
            id: "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().unwrap(),
            customer: customer.parse().unwrap(),
            amount: amount.parse().unwrap(),
            discount: None,
            placed_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        }
    }

    fn shipment(order: &Order) -> Shipment {
        let tracking_number = Code::from_entropy([7; 12]);
        Shipment { order_id: order.id, tracking_number, shipped_at: order.placed_at }
    }

    fn coupon(order: &Order) -> Coupon {
        Coupon::earned_by(order.id, Code::from_entropy([8; 12]), order.placed_at)
    }

    /// The page, this many seconds after the order was placed.
    fn page(
        order: Order,
        shipment: Option<Shipment>,
        coupon: Option<Coupon>,
        seconds: i64,
    ) -> OrderPage {
        let now = order.placed_at + SignedDuration::from_secs(seconds);
        OrderPage::of(OrderView::new(order, shipment, coupon), now)
    }

    #[test]
    fn placed_order_page_renders() {
        insta::assert_snapshot!(html(&page(sample("<b>Ada</b> & Co", "81.50"), None, None, 0)));
    }

    #[test]
    fn fulfilled_order_page_shows_the_coupon() {
        let order = sample("Ada Lovelace", "81.50");
        let (shipment, coupon) = (shipment(&order), coupon(&order));
        insta::assert_snapshot!(html(&page(order, Some(shipment), Some(coupon), 1)));
    }

    #[test]
    fn coupon_has_a_button_until_it_is_spent_or_expired() {
        let order = sample("Ada Lovelace", "81.50");
        let good = coupon(&order);
        let spent = Coupon { spent_by: Some(order.id), ..good.clone() };
        let page = |coupon: &Coupon, seconds| {
            html(&page(order.clone(), Some(shipment(&order)), Some(coupon.clone()), seconds))
        };
        let validity = Coupon::VALIDITY.as_secs();
        for (coupon, age, hint) in [
            (&good, 1, "Good once, until"),
            (&good, validity - 1, "Good once, until"),
            (&good, validity, "Expired on"),
            (&spent, 1, "Spent."),
            (&spent, validity, "Spent."),
        ] {
            let html = page(coupon, age);
            assert!(html.contains(hint), "{hint}: {html}");
            assert_eq!(html.contains("/?coupon="), hint.starts_with("Good"), "{html}");
        }
    }

    #[test]
    fn discounted_order_page_shows_the_discount() {
        let mut order = sample("Ada Lovelace", "81.50");
        order.discount = Some(coupon(&order).discount_on(order.amount));
        insta::assert_snapshot!(html(&page(order, None, None, 0)));
    }

    #[test]
    fn page_polls_until_the_order_is_complete() {
        for (amount, shipped, earned, awaits) in [
            ("80.00", false, false, true),
            ("80.00", true, false, true),
            ("80.00", false, true, true),
            ("80.00", true, true, false),
            ("79.99", false, false, true),
            ("79.99", true, false, false),
        ] {
            let order = sample("Ada", amount);
            let (shipment, coupon) =
                (shipped.then(|| shipment(&order)), earned.then(|| coupon(&order)));
            assert_eq!(
                page(order, shipment, coupon, 0).awaits,
                awaits,
                "{amount}, {shipped}, {earned}"
            );
        }
    }

    #[test]
    fn reload_interval_grows_with_the_order_age() {
        for (age, seconds) in
            [(0, Some(2)), (29, Some(2)), (30, Some(20)), (599, Some(20)), (600, None)]
        {
            assert_eq!(page(sample("Ada", "10"), None, None, age).reload_after, seconds, "{age}");
        }
    }
}
