//! Shipments, which fulfilment creates for orders.

use jiff::Timestamp;

use crate::{Code, OrderId};

/// A shipment. Each order has one, even if its event is delivered several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The shipped order; the shipment's key.
    pub order_id: OrderId,
    /// The code with which the customer tracks the parcel.
    pub tracking_number: Code,
    /// When it was shipped, in whole seconds, UTC.
    pub shipped_at: Timestamp,
}
