//! A client for calls that must end within a time of their own.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, Config};
use aws_types::SdkConfig;

/// How long a call may take, its retries included. ARCHITECTURE.md has all of them in one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) attempts: u32,
    pub(crate) attempt: Duration,
    pub(crate) whole: Duration,
}

const FIRST_BACKOFF: Duration = Duration::from_millis(30);

/// All clients of one `SdkConfig` share its connections, whatever their budgets.
pub(crate) fn client(sdk: &SdkConfig, budget: Budget) -> Client {
    Client::from_conf(config(sdk, budget).build())
}

pub(crate) fn config(sdk: &SdkConfig, Budget { attempts, attempt, whole }: Budget) -> Builder {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(whole);
    let mut timeouts = timeouts.build();
    if let Some(shared) = sdk.timeout_config() {
        timeouts.take_defaults_from(shared);
    }
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(FIRST_BACKOFF);
    Config::from(sdk).to_builder().timeout_config(timeouts).retry_config(retries)
}
