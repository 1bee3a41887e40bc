//! Announcing orders on the topic. No other crate of the functions names SNS.
//!
//! [`OrdersTopic`] is what the orders function holds, a [`Republisher`] the relay.

mod announce;
mod client;
mod republish;

pub use announce::OrdersTopic;
pub use republish::Republisher;

/// The announcement is not known to have been made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("SNS is unavailable: {0}")]
pub struct TopicError(String);
