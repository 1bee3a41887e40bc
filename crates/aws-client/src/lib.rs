//! What every client of an AWS service shares: how long its calls may take, and what to say of an
//! error.

mod call_policy;
mod error_text;

pub use call_policy::CallPolicy;
pub use error_text::{sdk_error_kind, sdk_error_message};
