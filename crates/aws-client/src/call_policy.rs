//! Time limits and retries of calls to AWS.

use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

/// The number of attempts and the time limits of a call. docs/reference/timeouts.md lists the
/// policies in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallPolicy {
    /// The number of attempts, including the first. Between attempts the SDK waits with exponential
    /// backoff and jitter.
    pub max_attempts: u32,
    /// The time limit of one attempt.
    pub attempt_timeout: Duration,
    /// The time limit of all attempts and the waits between them.
    pub total_timeout: Duration,
}

const FIRST_BACKOFF: Duration = Duration::from_millis(30);

impl CallPolicy {
    /// For an operator's commands, which may run far from the region.
    pub const PATIENT: Self = Self {
        max_attempts: 5,
        attempt_timeout: Duration::from_secs(10),
        total_timeout: Duration::from_secs(30),
    };

    /// Returns `sdk` with this policy. Clients built from one [`SdkConfig`] share its connections,
    /// whatever their policies.
    #[must_use]
    pub fn apply(self, sdk: &SdkConfig) -> SdkConfig {
        let mut timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.total_timeout)
            .build();
        if let Some(shared) = sdk.timeout_config() {
            timeouts.take_defaults_from(shared);
        }
        let retries = RetryConfig::standard()
            .with_max_attempts(self.max_attempts)
            .with_initial_backoff(FIRST_BACKOFF);
        sdk.clone().into_builder().timeout_config(timeouts).retry_config(retries).build()
    }
}
