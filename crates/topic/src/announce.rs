//! One order, as soon as it is saved.

use std::time::Duration;

use aws_sdk_sns::Client;
use aws_types::SdkConfig;
use domain::{Order, OrderPlaced};

use crate::TopicError;
use crate::client::{Budget, attributes, connect, unavailable};

/// The topic that every order is announced on.
#[derive(Clone, Debug)]
pub struct OrdersTopic {
    client: Client,
    arn: String,
}

const PUBLISH: Budget = Budget { attempts: 2, attempt: Duration::from_millis(300), whole: Duration::from_millis(600) };

impl OrdersTopic {
    /// Makes a client and opens its connection.
    pub async fn connect(sdk: &SdkConfig, arn: String) -> Self {
        Self { client: connect(sdk, &arn, PUBLISH).await, arn }
    }

    /// Publishes `order.placed`.
    pub async fn announce(&self, order: &Order) -> Result<(), TopicError> {
        let event = OrderPlaced::from(order);
        let publish = self.client.publish().topic_arn(&self.arn).message(event.encode());
        let publish = publish.set_message_attributes(Some(attributes(&event).into()));
        publish.send().await.map(drop).map_err(|error| unavailable(&error))
    }
}
