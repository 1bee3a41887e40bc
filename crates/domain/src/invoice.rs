//! What invoicing does for an order.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use jiff::Timestamp;

use crate::OrderId;

/// The bill for an order: one per order, whatever is delivered twice. What is billed, and to whom,
/// stands in the order, which never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The order that is billed; the invoice's key.
    pub order_id: OrderId,
    /// What the shop files it under. No other invoice has it.
    pub number: InvoiceNumber,
    /// When it was written, in whole seconds, UTC.
    pub issued_at: Timestamp,
}

/// The number of an invoice, counted from 1. They are in the order in which they were given out,
/// and some are missing: those of deliveries that came twice, and of attempts that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvoiceNumber(u64);

impl InvoiceNumber {
    /// The number as a table has it.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for InvoiceNumber {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl FromStr for InvoiceNumber {
    type Err = ParseIntError;

    /// Reads it as a table has it.
    fn from_str(number: &str) -> Result<Self, Self::Err> {
        number.parse().map(Self)
    }
}

impl fmt::Display for InvoiceNumber {
    /// As it stands on the invoice: `INV-000042`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "INV-{:06}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invoice_number_has_at_least_six_digits() {
        let shown =
            [1, 42, 999_999, 1_000_000].map(|number| InvoiceNumber::from(number).to_string());
        assert_eq!(shown, ["INV-000001", "INV-000042", "INV-999999", "INV-1000000"]);
    }
}
