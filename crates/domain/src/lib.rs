//! The shop's domain types. This crate does no input or output: no clock, no randomness, no
//! network.
//!
//! Parse, don't validate: text from outside becomes a value of these types only through a
//! constructor that checks it.

mod amount;
mod code;
#[cfg(any(test, feature = "corpus"))]
pub mod corpus;
mod coupon;
mod customer;
mod discount;
mod event;
mod idempotency;
mod invoice;
mod order;
mod order_id;
mod seconds;
mod shipment;
mod view;

pub use amount::{Amount, AmountError};
pub use code::{Code, CodeError};
pub use coupon::Coupon;
pub use customer::{CustomerName, CustomerNameError};
pub use discount::{AmountOff, Discount};
pub use event::{EventError, OrderPlaced};
pub use idempotency::{IdempotencyKey, IdempotencyKeyError};
pub use invoice::{Invoice, InvoiceNumber};
pub use order::{Currency, Order};
pub use order_id::{OrderId, OrderIdError};
pub use seconds::whole_seconds;
pub use shipment::Shipment;
pub use view::{CouponView, OrderView, Status};
