//! The tables, behind the domain's types. No other crate of the functions names DynamoDB.
//!
//! Each service owns its table and inserts into no other's: [`Orders`] is what the orders function
//! holds, an [`Outbox`] the relay, an [`EffectTable`] a subscriber. What orders does to a table
//! that is not its own is to record which coupons are spent. The operator's command reads all of
//! them through an [`Audit`].

mod audit;
mod batch_get;
mod claim;
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
pub use row::Row;
pub use save::SaveOutcome;
