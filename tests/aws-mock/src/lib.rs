//! What the tests of `store` and `topic` stand on.
//!
//! A [`Backend`] is an emulator with the template's tables and topic on it; the same tests run on
//! two that share no code, so that one's mistake is not taken for AWS's word. A [`MockAws`] AWS
//! gives scripted answers, for what no emulator shows: what a request says to the letter, and
//! answers that only a busy or broken AWS gives.

mod backend;
mod mock_aws;
mod orders;
mod sdk;
mod tables;
mod template;
mod topic;

pub use backend::Backend;
pub use mock_aws::{MockAws, RecordedRequest};
pub use orders::{coupon, order, shipment};
pub use tables::Tables;
pub use topic::{Inbox, Message, Topic};
