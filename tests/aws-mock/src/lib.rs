//! Test support for `store` and `topic`.
//!
//! A [`Backend`] is an emulator with the template's tables and topic. The same tests run on two
//! emulators that share no code, so that a mistake of one shows. A [`MockAws`] gives scripted
//! responses, for what no emulator shows: the exact bytes of a request, and responses that only a
//! busy or broken AWS gives.

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
