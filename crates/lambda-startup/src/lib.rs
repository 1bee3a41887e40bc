//! Start-up shared by all functions: reads the environment, builds the [`SdkConfig`] and starts
//! logging. No other crate reads the environment.

mod deadline;
mod environment;
mod sdk;
mod trust;

pub use deadline::time_to_work;
pub use environment::{Environment, EnvironmentError};

use aws_types::SdkConfig;
use telemetry::Telemetry;

/// What a function starts with.
pub struct Startup {
    /// The environment variables.
    pub environment: Environment,
    /// The configuration for all AWS clients, with one shared HTTP connector.
    pub sdk: SdkConfig,
    /// The function's logs, traces and metrics.
    pub telemetry: Telemetry,
}

impl Startup {
    /// Reads the process's environment and starts logging under this function name. Without
    /// `METRICS_NAMESPACE`, as on a laptop, no metrics are written.
    pub fn begin(function: &'static str) -> Result<Self, EnvironmentError> {
        let environment = Environment;
        let namespace = environment.optional("METRICS_NAMESPACE");
        let version = environment.optional("AWS_LAMBDA_FUNCTION_VERSION");
        let telemetry = telemetry::init(function, &environment.log_settings(), namespace, version);
        let sdk = sdk::config(environment)?;
        Ok(Self { environment, sdk, telemetry })
    }
}
