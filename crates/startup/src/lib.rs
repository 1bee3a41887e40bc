//! What every function does before its first event: the environment becomes settings, settings become an
//! [`SdkConfig`], and logs have somewhere to go. No other crate reads the environment.

mod environment;
mod sdk;

pub use environment::{Environment, EnvironmentError};

use aws_types::SdkConfig;

/// What a function has in its hands when its own start-up begins.
#[derive(Debug)]
pub struct Startup {
    /// The template's variables.
    pub environment: Environment,
    /// What every AWS client is built from, with one HTTP connector for all of them.
    pub sdk: SdkConfig,
}

impl Startup {
    /// Reads the process's environment and starts logging.
    pub fn begin() -> Result<Self, EnvironmentError> {
        let environment = Environment;
        telemetry::init(environment.log_settings());
        let sdk = sdk::config(environment)?;
        Ok(Self { environment, sdk })
    }
}
