//! What every function does before its first event: the environment becomes settings, settings
//! become an [`SdkConfig`], and logs have somewhere to go. No other crate reads the environment.

mod environment;
mod sdk;
mod trust;

pub use environment::{Environment, EnvironmentError};

use aws_types::SdkConfig;
use telemetry::Telemetry;

/// What a function has in its hands when its own start-up begins.
pub struct Startup {
    /// The template's variables.
    pub environment: Environment,
    /// What every AWS client is built from, with one HTTP connector for all of them.
    pub sdk: SdkConfig,
    /// The function's logs, traces and metrics.
    pub telemetry: Telemetry,
}

impl Startup {
    /// Reads the process's environment and starts logging, under this name. Without
    /// `METRICS_NAMESPACE`, as on a laptop, nothing is measured.
    pub fn begin(function: &'static str) -> Result<Self, EnvironmentError> {
        let environment = Environment;
        let namespace = environment.optional("METRICS_NAMESPACE");
        let version = environment.optional("AWS_LAMBDA_FUNCTION_VERSION");
        let telemetry = telemetry::init(function, &environment.log_settings(), namespace, version);
        let sdk = sdk::config(environment)?;
        Ok(Self { environment, sdk, telemetry })
    }
}
