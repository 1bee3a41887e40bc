//! What fulfilment does for an order.

use jiff::Timestamp;

use crate::{Code, OrderId};

/// A parcel on its way: one per order, whatever is delivered twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The order it fulfils; the shipment's key.
    pub order_id: OrderId,
    /// What the customer follows the parcel by.
    pub tracking_number: Code,
    /// When it left, in whole seconds, UTC.
    pub shipped_at: Timestamp,
}
