//! The SNS client, and the attributes of every message.

use std::collections::HashMap;

use aws_client::{CallPolicy, ShortUserAgent, sdk_error_kind};
use aws_sdk_sns::config::http::HttpResponse;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_sdk_sns::{Client, Config, meta};
use aws_types::SdkConfig;
use domain::OrderPlaced;
use telemetry::TraceParent;

use crate::TopicError;

/// Makes a client and opens its connection with an empty publish, which SNS rejects. If the
/// connection fails, the first message opens it.
pub(crate) async fn connect(sdk: &SdkConfig, arn: &str, policy: CallPolicy) -> Client {
    let user_agent = ShortUserAgent::new("sns", meta::PKG_VERSION);
    let config = Config::from(&policy.apply(sdk)).to_builder().interceptor(user_agent).build();
    let client = Client::from_conf(config);
    let nothing =
        client.publish_batch().topic_arn(arn).set_publish_batch_request_entries(Some(vec![]));
    if let Err(error) = nothing.send().await
        && error.as_service_error().is_none()
    {
        tracing::warn!(error = %unavailable(&error), "SNS did not answer at start-up");
    }
    client
}

/// Returns the message attributes. `amount` (`Number`) is the total to pay, on which subscriptions
/// filter. `traceparent` is the trace that subscribers continue.
pub(crate) fn attributes(
    event: &OrderPlaced,
    trace: Option<TraceParent>,
) -> HashMap<String, MessageAttributeValue> {
    let amount = ("amount", attribute("Number", &event.total));
    let kind = ("type", attribute("String", &OrderPlaced::TYPE));
    let trace = trace.map(|trace| (TraceParent::NAME, attribute("String", &trace)));
    let attributes = [amount, kind].into_iter().chain(trace);
    attributes.map(|(name, value)| (name.to_owned(), value)).collect()
}

fn attribute(data_type: &str, value: &impl ToString) -> MessageAttributeValue {
    let attribute =
        MessageAttributeValue::builder().data_type(data_type).string_value(value.to_string());
    attribute.build().expect("a data type is given")
}

pub(crate) fn unavailable<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
) -> TopicError {
    TopicError(sdk_error_kind(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::MockAws;

    #[tokio::test]
    async fn calls_name_the_sdk_in_one_short_header() {
        let aws = MockAws::responding([(400, "<ErrorResponse/>")]);
        connect(&aws.sdk(), "arn", CallPolicy::PATIENT).await;
        let [request] = aws.requests();
        let expected = format!("aws-sdk-rust api/sns#{} app/order-fanout", meta::PKG_VERSION);
        assert_eq!(request.header("user-agent"), Some(&*expected));
        assert_eq!(request.header("x-amz-user-agent"), None);
    }
}
