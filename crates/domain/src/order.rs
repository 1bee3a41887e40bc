//! What a customer asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, CustomerName, OrderId};

/// The shop trades in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Currency {
    /// United States dollar.
    #[serde(rename = "USD")]
    Usd,
}

/// An order, as it is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its key everywhere.
    pub id: OrderId,
    /// Who ordered.
    pub customer: CustomerName,
    /// What was ordered, in US dollars.
    pub amount: Amount,
    /// When it was accepted, in whole seconds, UTC.
    pub placed_at: Timestamp,
}

impl Order {
    /// What is paid, in US dollars. The threshold for a coupon is on this.
    #[must_use]
    pub fn total(&self) -> Amount {
        self.amount
    }
}
