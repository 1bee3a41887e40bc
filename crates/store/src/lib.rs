//! The DynamoDB tables, behind domain types. No other crate of the functions names DynamoDB.
//!
//! Each service owns its table and inserts into no other: the orders function uses [`Orders`], the
//! relay an [`Outbox`], a subscriber an [`EffectTable`]. One exception: the orders function records
//! in the coupons table which coupons are spent. The operator's commands read all tables through an
//! [`Audit`].

mod audit;
mod batch_get;
mod claim;
mod client;
mod conflict;
mod coupons;
mod effect_table;
mod error;
mod orders;
mod outbox;
mod row;
mod save;
mod sequence;
mod statements;

pub use audit::{Audit, SavedOrder, Scanned};
pub use claim::Claim;
pub use effect_table::{EffectTable, Inserted};
pub use error::{StoreError, Unreadable};
pub use orders::{OrderTables, Orders};
pub use outbox::{Next, Outbox, Page, PendingOrder};
pub use row::{Row, Value};
pub use save::SaveOutcome;
