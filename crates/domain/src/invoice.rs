//! Invoices, which invoicing issues for orders.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use jiff::Timestamp;

use crate::OrderId;

/// The invoice for an order. Each order has one, even if its event is delivered several times. The
/// amount and the customer are in the order, which never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The invoiced order; the invoice's key.
    pub order_id: OrderId,
    /// The unique invoice number.
    pub number: InvoiceNumber,
    /// When the invoice was issued, in whole seconds, UTC.
    pub issued_at: Timestamp,
}

/// An invoice number, counted from 1. Numbers follow the order in which they were reserved, with
/// gaps: repeated deliveries and failed attempts use up numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvoiceNumber(u64);

impl InvoiceNumber {
    /// The number as stored in a table.
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

    /// Parses a number as stored in a table.
    fn from_str(number: &str) -> Result<Self, Self::Err> {
        number.parse().map(Self)
    }
}

impl fmt::Display for InvoiceNumber {
    /// Writes the number as printed on the invoice: `INV-000042`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "INV-{:06}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invoice_number_is_stored_as_it_is() {
        let number: InvoiceNumber = "42".parse().unwrap();
        assert_eq!(number.get(), 42);
    }

    #[test]
    fn invoice_number_has_at_least_six_digits() {
        let shown =
            [1, 42, 999_999, 1_000_000].map(|number| InvoiceNumber::from(number).to_string());
        assert_eq!(shown, ["INV-000001", "INV-000042", "INV-999999", "INV-1000000"]);
    }
}
