//! The tables, behind the domain's types. No other crate of the functions names DynamoDB.
//!
//! Each service owns its table and none writes another's: [`Orders`] is what the orders function holds, an
//! [`Outbox`] the relay, a [`Ledger`] a subscriber. The operator's command reads all of them through an [`Audit`].

mod audit;
mod client;
mod conflict;
mod error;
mod ledger;
mod orders;
mod outbox;
mod row;
mod save;

pub use audit::{Audit, SavedOrder, Scanned};
pub use error::{StoreError, Unreadable};
pub use ledger::{Inserted, Ledger};
pub use orders::{OrderTables, Orders};
pub use outbox::{Next, Outbox, Page, Unannounced};
pub use row::Row;
pub use save::{Claim, Claimed};
