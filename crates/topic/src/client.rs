//! A client of the topic whose calls must end within a time of their own, and what every message of
//! ours carries.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::Config;
use aws_sdk_sns::config::http::HttpResponse;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_types::SdkConfig;
use domain::OrderPlaced;
use telemetry::TraceParent;

use crate::TopicError;

/// How long a call may take, its retries included. ARCHITECTURE.md has all of them in one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) attempt_timeout: Duration,
    pub(crate) total_timeout: Duration,
}

const FIRST_BACKOFF: Duration = Duration::from_millis(30);

/// A person waits, and may be far from the region: rather late than not at all.
pub(crate) const PATIENT: CallPolicy = CallPolicy {
    max_attempts: 5,
    attempt_timeout: Duration::from_secs(10),
    total_timeout: Duration::from_secs(30),
};

/// Makes a client; nothing is asked yet.
pub(crate) fn client(
    sdk: &SdkConfig,
    CallPolicy { max_attempts, attempt_timeout, total_timeout }: CallPolicy,
) -> Client {
    let mut timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(attempt_timeout)
        .operation_timeout(total_timeout)
        .build();
    if let Some(shared) = sdk.timeout_config() {
        timeouts.take_defaults_from(shared);
    }
    let retries =
        RetryConfig::standard().with_max_attempts(max_attempts).with_initial_backoff(FIRST_BACKOFF);
    Client::from_conf(
        Config::from(sdk).to_builder().timeout_config(timeouts).retry_config(retries).build(),
    )
}

/// Makes a client and opens its connection with a publish of nothing, which SNS refuses. Should the
/// connection fail, the first message opens it.
pub(crate) async fn connect(sdk: &SdkConfig, arn: &str, policy: CallPolicy) -> Client {
    let client = client(sdk, policy);
    let nothing =
        client.publish_batch().topic_arn(arn).set_publish_batch_request_entries(Some(vec![]));
    if let Err(error) = nothing.send().await
        && error.as_service_error().is_none()
    {
        tracing::warn!(error = %unavailable(&error), "SNS did not answer at start-up");
    }
    client
}

/// The message attributes: `amount`, a `Number`, carries what is paid, and the topic's
/// subscriptions filter on it; `traceparent` is what subscribers continue.
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

/// What kind of failure it was. Neither the request nor the answer, which may name a customer.
pub(crate) fn unavailable<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
) -> TopicError {
    let status = |raw: &HttpResponse| raw.status().as_u16();
    TopicError(match error {
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) => DisplayErrorContext(error).to_string(),
            None => "the request was not sent".to_owned(),
        },
        SdkError::ResponseError(unreadable) => {
            format!("an unreadable answer, status {}", status(unreadable.raw()))
        }
        SdkError::ServiceError(refused) => match refused.err().code() {
            Some(code) => code.to_owned(),
            None => format!("an error without a code, status {}", status(refused.raw())),
        },
        _ => "the request could not be made".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sns::operation::publish::PublishError;
    use aws_smithy_types::body::SdkBody;

    #[test]
    fn an_answer_is_never_repeated() {
        let raw = HttpResponse::new(500.try_into().unwrap(), SdkBody::from("Ada Lovelace"));
        let refused = SdkError::service_error(PublishError::unhandled("Ada Lovelace"), raw);
        assert_eq!(
            unavailable(&refused).to_string(),
            "SNS is unavailable: an error without a code, status 500"
        );
    }
}
