//! The process's environment: what the template and Lambda put there.

use std::env;
use std::io::ErrorKind;
use std::str::FromStr;

use telemetry::LogSettings;

/// The environment variables of this process.
#[derive(Clone, Copy, Debug)]
pub struct Environment;

/// A variable that the function cannot start without. The template sets each for every function
/// that needs it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// It is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// It is not a number, or not one that makes sense there.
    #[error("the environment variable {0} is not a number in its range")]
    NotANumber(&'static str),
    /// It names a file that cannot be read.
    #[error("the file that the environment variable {0} names cannot be read: {1}")]
    Unreadable(&'static str, ErrorKind),
}

impl Environment {
    /// A variable that must be there, and not empty.
    pub fn required(self, name: &'static str) -> Result<String, EnvironmentError> {
        self.optional(name).ok_or_else(|| log_startup_error(EnvironmentError::Missing(name)))
    }

    /// A number that must be there.
    pub fn number<T: FromStr>(self, name: &'static str) -> Result<T, EnvironmentError> {
        self.required(name)?
            .parse()
            .map_err(|_| log_startup_error(EnvironmentError::NotANumber(name)))
    }

    /// A variable that may be absent; empty is absent.
    #[must_use]
    pub fn optional(self, name: &'static str) -> Option<String> {
        env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// Lambda's advanced logging controls.
    pub(crate) fn log_settings(self) -> LogSettings {
        let [level, format] =
            ["AWS_LAMBDA_LOG_LEVEL", "AWS_LAMBDA_LOG_FORMAT"].map(|name| self.optional(name));
        LogSettings::from_lambda(level.as_deref(), format.as_deref())
    }
}

/// Logs it, as nobody else does: the process ends of it.
pub(crate) fn log_startup_error(error: EnvironmentError) -> EnvironmentError {
    tracing::error!(%error, "the function cannot start");
    error
}
