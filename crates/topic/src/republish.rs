//! Many orders that were saved and, as far as is known, not announced.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_types::SdkConfig;
use domain::{Order, OrderId, OrderPlaced};

use crate::TopicError;
use crate::client::{Budget, attributes, connect, unavailable};

/// The topic, for the relay. Its calls are tried once: the next minute is the retry.
#[derive(Clone, Debug)]
pub struct Republisher {
    client: Client,
    arn: String,
}

const ONCE: Budget = Budget { attempts: 1, attempt: Duration::from_millis(900), whole: Duration::from_secs(1) };

impl Republisher {
    /// The most orders of one [`Self::announce_all`], SNS's limit for `PublishBatch`.
    pub const MAX_ORDERS: usize = 10;

    /// Makes a client and opens its connection.
    pub async fn connect(sdk: &SdkConfig, arn: String) -> Self {
        Self { client: connect(sdk, &arn, ONCE).await, arn }
    }

    /// Publishes `order.placed` for up to [`Self::MAX_ORDERS`] orders in one request, and gives the ids of those that
    /// SNS acknowledged, one by one. Of the others nothing is known.
    pub async fn announce_all(&self, orders: &[Order]) -> Result<HashSet<OrderId>, TopicError> {
        let entries = orders.iter().map(|order| {
            let event = OrderPlaced::from(order);
            let entry = PublishBatchRequestEntry::builder().id(order.id.to_string()).message(event.encode());
            let entry = entry.set_message_attributes(Some(attributes(&event).into()));
            entry.build().expect("an id is given")
        });
        let publish = self.client.publish_batch().topic_arn(&self.arn);
        let answer = publish.set_publish_batch_request_entries(Some(entries.collect())).send().await;
        let acknowledged = answer.map_err(|error| unavailable(&error))?.successful.unwrap_or_default();
        Ok(acknowledged.iter().filter_map(|entry| entry.id()?.parse().ok()).collect())
    }
}
