//! Shared by all clients of AWS services: call policies and error texts.

mod call_policy;
mod error_text;

pub use call_policy::CallPolicy;
pub use error_text::{sdk_error_kind, sdk_error_message};
