//! Orders.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, CustomerName, Discount, OrderId};

/// The shop trades in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Currency {
    /// United States dollar.
    #[serde(rename = "USD")]
    Usd,
}

/// An order, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The order's key in every table.
    pub id: OrderId,
    /// The customer's name.
    pub customer: CustomerName,
    /// The amount ordered, in US dollars.
    pub amount: Amount,
    /// The discount, if a coupon was spent on the order.
    pub discount: Option<Discount>,
    /// When the order was accepted, in whole seconds, UTC.
    pub placed_at: Timestamp,
}

impl Order {
    /// The amount to pay, in US dollars, at least one cent. The threshold for a coupon applies to
    /// it.
    #[must_use]
    pub fn total(&self) -> Amount {
        match &self.discount {
            None => self.amount,
            Some(discount) => discount.amount.taken_off(self.amount).unwrap_or(Amount::MIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AmountOff, Code};

    #[test]
    fn total_is_the_amount_minus_the_discount() {
        let order = |off: Option<&str>| Order {
            id: "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().unwrap(),
            customer: "Ada Lovelace".parse().unwrap(),
            amount: "90.00".parse().unwrap(),
            discount: off.map(|off| Discount {
                code: Code::from_entropy([9; 12]),
                percent: 20,
                amount: off.parse::<AmountOff>().unwrap(),
            }),
            placed_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        };
        for (off, total) in [
            (None, "90.00"),
            (Some("18.00"), "72.00"),
            (Some("0.00"), "90.00"),
            (Some("89.99"), "0.01"),
            (Some("90.00"), "0.01"),
            (Some("100.00"), "0.01"),
        ] {
            assert_eq!(order(off).total().to_string(), total, "{off:?} off");
        }
    }
}
