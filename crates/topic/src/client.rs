//! A client of the topic whose calls must end within a time of their own, and what every message of ours carries.

use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::Config;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_types::SdkConfig;
use domain::OrderPlaced;

use crate::TopicError;

/// How long a call may take, its retries included. ARCHITECTURE.md has all of them in one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) attempts: u32,
    pub(crate) attempt: Duration,
    pub(crate) whole: Duration,
}

const FIRST_BACKOFF: Duration = Duration::from_millis(30);

/// Makes a client and opens its connection with a publish of nothing, which SNS refuses. Should the connection fail,
/// the first message opens it.
pub(crate) async fn connect(sdk: &SdkConfig, arn: &str, Budget { attempts, attempt, whole }: Budget) -> Client {
    let mut timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(whole).build();
    if let Some(shared) = sdk.timeout_config() {
        timeouts.take_defaults_from(shared);
    }
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(FIRST_BACKOFF);
    let client =
        Client::from_conf(Config::from(sdk).to_builder().timeout_config(timeouts).retry_config(retries).build());
    let nothing = client.publish_batch().topic_arn(arn).set_publish_batch_request_entries(Some(vec![]));
    if let Err(error) = nothing.send().await
        && error.as_service_error().is_none()
    {
        tracing::warn!(error = %DisplayErrorContext(&error), "SNS did not answer at start-up");
    }
    client
}

/// The message attributes: `amount`, a `Number`, carries what is paid, and the topic's subscriptions filter on it.
pub(crate) fn attributes(event: &OrderPlaced) -> [(String, MessageAttributeValue); 2] {
    [
        ("amount".to_owned(), attribute("Number", &event.total)),
        ("type".to_owned(), attribute("String", &OrderPlaced::TYPE)),
    ]
}

fn attribute(data_type: &str, value: &impl ToString) -> MessageAttributeValue {
    let attribute = MessageAttributeValue::builder().data_type(data_type).string_value(value.to_string());
    attribute.build().expect("a data type is given")
}

/// The error code and the cause chain, and never the request.
pub(crate) fn unavailable<E, R>(error: &SdkError<E, R>) -> TopicError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    TopicError(match error.code() {
        Some(code) => code.to_owned(),
        None => DisplayErrorContext(error).to_string(),
    })
}
