//! The tables, behind the domain's types. No other crate of the functions names DynamoDB.
//!
//! Each service owns its table and none writes another's: [`Orders`] is what the orders function holds, a
//! [`Ledger`] what a subscriber holds.

mod error;
mod ledger;
mod orders;
mod row;

pub use error::StoreError;
pub use ledger::{Inserted, Ledger};
pub use orders::{OrderTables, Orders};
pub use row::Row;
