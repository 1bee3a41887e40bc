//! A client for calls that must end within a time of their own.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, Config};
use aws_types::SdkConfig;

/// How long a call may take, its retries included. ARCHITECTURE.md has all of them in one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) attempt_timeout: Duration,
    pub(crate) total_timeout: Duration,
}

const FIRST_BACKOFF: Duration = Duration::from_millis(30);

/// All clients of one `SdkConfig` share its connections, whatever their policies.
pub(crate) fn client(sdk: &SdkConfig, policy: CallPolicy) -> Client {
    Client::from_conf(config(sdk, policy).build())
}

pub(crate) fn config(
    sdk: &SdkConfig,
    CallPolicy { max_attempts, attempt_timeout, total_timeout }: CallPolicy,
) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(attempt_timeout)
        .operation_timeout(total_timeout);
    let mut timeouts = timeouts.build();
    if let Some(shared) = sdk.timeout_config() {
        timeouts.take_defaults_from(shared);
    }
    let retries =
        RetryConfig::standard().with_max_attempts(max_attempts).with_initial_backoff(FIRST_BACKOFF);
    Config::from(sdk).to_builder().timeout_config(timeouts).retry_config(retries)
}
