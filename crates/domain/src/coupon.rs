//! Coupons, which promotion issues for orders.

use jiff::{SignedDuration, Timestamp};

use crate::{Amount, AmountOff, Code, Discount, OrderId};

/// A coupon earned by an order. Each order earns at most one, even if its event is delivered
/// several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// The order that earned it; the coupon's key.
    pub order_id: OrderId,
    /// What the customer types to spend it.
    pub code: Code,
    /// The discount in percent.
    pub percent: u8,
    /// The instant from which the coupon is invalid, UTC.
    pub expires_at: Timestamp,
    /// The order it was spent on, if any.
    pub spent_by: Option<OrderId>,
}

impl Coupon {
    /// The discount of every coupon in percent.
    pub const PERCENT: u8 = 20;
    /// The validity of every coupon: 90 days of 24 hours.
    pub const VALIDITY: SignedDuration = SignedDuration::from_hours(90 * 24);

    /// Returns the coupon that `order_id` earns at `now`.
    #[must_use]
    pub fn earned_by(order_id: OrderId, code: Code, now: Timestamp) -> Self {
        let expires_at = now
            .saturating_add(Self::VALIDITY)
            .expect("a duration of hours can be added to a timestamp");
        Self { order_id, code, percent: Self::PERCENT, expires_at, spent_by: None }
    }

    /// Whether the coupon has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Returns the discount on an order of `amount`.
    #[must_use]
    pub fn discount_on(&self, amount: Amount) -> Discount {
        let off = AmountOff::percent_of(self.percent, amount);
        Discount { code: self.code.clone(), percent: self.percent, amount: off }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coupon() -> Coupon {
        let id = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().unwrap();
        Coupon::earned_by(id, Code::from_entropy([0; 12]), "2026-11-22T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn coupon_is_twenty_percent_for_ninety_days() {
        let coupon = coupon();
        assert_eq!(
            (coupon.percent, coupon.expires_at.to_string()),
            (20, "2027-02-20T10:00:00Z".to_owned())
        );
    }

    #[test]
    fn coupon_is_valid_until_it_expires() {
        let expired = [
            "2026-11-22T10:00:00Z",
            "2027-02-20T09:59:59Z",
            "2027-02-20T10:00:00Z",
            "2027-02-20T10:00:01Z",
        ]
        .map(|now| coupon().is_expired(now.parse().unwrap()));
        assert_eq!(expired, [false, false, true, true]);
    }

    #[test]
    fn coupon_discount_is_its_percentage() {
        let discount = coupon().discount_on("81.50".parse().unwrap());
        assert_eq!((discount.code, discount.percent), (coupon().code, 20));
        assert_eq!(discount.amount.to_string(), "16.30");
    }
}
