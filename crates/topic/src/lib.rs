//! Publishing orders on the topic. No other crate of the functions names SNS.
//!
//! The orders function uses [`OrdersTopic`], the relay a [`Republisher`]. The operator's commands
//! read filter policies through [`Subscriptions`].

mod client;
mod fifo;
mod orders_topic;
mod publish_queue;
mod republish;
mod subscriptions;

pub use orders_topic::OrdersTopic;
pub use publish_queue::PublishQueue;
pub use republish::{BatchResponse, OrderToPublish, Republisher};
pub use subscriptions::{Filter, Subscriptions};

/// The request to SNS is not known to have succeeded.
#[derive(Clone, Debug, thiserror::Error)]
#[error("SNS is unavailable: {0}")]
pub struct TopicError(String);
