//! Shared by all clients of AWS services: call policies, error texts and the user agent.

mod call_policy;
mod error_text;
mod user_agent;

pub use call_policy::CallPolicy;
pub use error_text::{sdk_error_kind, sdk_error_message};
pub use user_agent::ShortUserAgent;
