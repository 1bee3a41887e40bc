//! Publishing orders on the topic. No other crate of the functions names SNS.
//!
//! [`OrdersTopic`] is what the orders function holds, a [`Republisher`] the relay. The operator's
//! command reads filter policies through [`Subscriptions`].

mod client;
mod orders_topic;
mod republish;
mod subscriptions;

pub use orders_topic::OrdersTopic;
pub use republish::{OrderToPublish, Republisher};
pub use subscriptions::{Filter, Subscriptions};

/// SNS is not known to have done what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("SNS is unavailable: {0}")]
pub struct TopicError(String);
