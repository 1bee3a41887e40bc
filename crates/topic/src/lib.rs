//! Announcing an order on the topic. No other crate of the functions names SNS.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_types::SdkConfig;
use domain::{Order, OrderPlaced};

/// The topic that every order is announced on.
#[derive(Clone, Debug)]
pub struct OrdersTopic {
    client: Client,
    arn: String,
}

/// The announcement is not known to have been made.
#[derive(Debug, thiserror::Error)]
#[error("SNS is unavailable: {0}")]
pub struct TopicError(String);

impl OrdersTopic {
    /// Makes a client and opens its connection with a publish of nothing, which SNS refuses. Should the connection
    /// fail, the first order opens it.
    pub async fn connect(sdk: &SdkConfig, arn: String) -> Self {
        let topic = Self { client: Client::new(sdk), arn };
        let refusal =
            topic.client.publish_batch().topic_arn(&topic.arn).set_publish_batch_request_entries(Some(vec![]));
        if let Err(error) = refusal.send().await
            && error.as_service_error().is_none()
        {
            tracing::warn!(error = %DisplayErrorContext(&error), "SNS did not answer at start-up");
        }
        topic
    }

    /// Publishes `order.placed`. Its `amount` attribute, a `Number`, carries what is paid: the topic's subscriptions
    /// filter on it.
    pub async fn announce(&self, order: &Order) -> Result<(), TopicError> {
        let event = OrderPlaced::from(order);
        let publish = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .message(event.encode())
            .message_attributes("amount", attribute("Number", &event.total))
            .message_attributes("type", attribute("String", &OrderPlaced::TYPE));
        match publish.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(TopicError(match error.code() {
                Some(code) => code.to_owned(),
                None => DisplayErrorContext(&error).to_string(),
            })),
        }
    }
}

fn attribute(data_type: &str, value: &impl ToString) -> MessageAttributeValue {
    let attribute = MessageAttributeValue::builder().data_type(data_type).string_value(value.to_string());
    attribute.build().expect("a data type is given")
}
