//! Environment variables from the template and from Lambda.

use std::env;
use std::io::ErrorKind;
use std::str::FromStr;

use telemetry::LogSettings;

/// The environment variables of this process.
#[derive(Clone, Copy, Debug)]
pub struct Environment;

/// A required variable is missing or invalid, so the function cannot start. The template sets every
/// variable that a function needs.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The variable is not a number, or out of range.
    #[error("the environment variable {0} is not a number in its range")]
    NotANumber(&'static str),
    /// The variable names a file that cannot be read.
    #[error("the file that the environment variable {0} names cannot be read: {1}")]
    Unreadable(&'static str, ErrorKind),
}

impl Environment {
    /// Returns a required variable. An empty value is an error.
    pub fn required(self, name: &'static str) -> Result<String, EnvironmentError> {
        self.optional(name).ok_or_else(|| log_startup_error(EnvironmentError::Missing(name)))
    }

    /// Returns a required number. A missing or invalid value is an error.
    pub fn number<T: FromStr>(self, name: &'static str) -> Result<T, EnvironmentError> {
        let number = self.optional_number(name)?;
        number.ok_or_else(|| log_startup_error(EnvironmentError::Missing(name)))
    }

    /// Returns an optional number, or `None` if the variable is empty. An invalid value is an error.
    pub fn optional_number<T: FromStr>(
        self,
        name: &'static str,
    ) -> Result<Option<T>, EnvironmentError> {
        let Some(value) = self.optional(name) else { return Ok(None) };
        let number = value.parse();
        number.map(Some).map_err(|_| log_startup_error(EnvironmentError::NotANumber(name)))
    }

    /// Returns an optional variable, or `None` if it is empty.
    #[must_use]
    pub fn optional(self, name: &'static str) -> Option<String> {
        env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// Returns the settings of Lambda's advanced logging controls.
    pub(crate) fn log_settings(self) -> LogSettings {
        let [level, format] =
            ["AWS_LAMBDA_LOG_LEVEL", "AWS_LAMBDA_LOG_FORMAT"].map(|name| self.optional(name));
        LogSettings::from_lambda(level.as_deref(), format.as_deref())
    }
}

/// Logs the error and returns it. Nothing else logs it: the process ends with it.
pub(crate) fn log_startup_error(error: EnvironmentError) -> EnvironmentError {
    tracing::error!(%error, "the function cannot start");
    error
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    // Cargo sets variables for a test: numbers, other texts and an empty one.

    #[test]
    fn required_variable_is_not_empty() {
        assert_eq!(Environment.required("CARGO_PKG_NAME").as_deref(), Ok("lambda-startup"));
        for unset in ["LAMBDA_STARTUP_UNSET", "CARGO_PKG_VERSION_PRE"] {
            assert_eq!(Environment.required(unset), Err(EnvironmentError::Missing(unset)));
        }
    }

    #[test]
    fn optional_number_is_absent_or_valid() {
        let version: u32 = env!("CARGO_PKG_VERSION_MINOR").parse().unwrap();
        assert_eq!(Environment.optional_number("CARGO_PKG_VERSION_MINOR"), Ok(Some(version)));
        for unset in ["LAMBDA_STARTUP_UNSET", "CARGO_PKG_VERSION_PRE"] {
            assert_eq!(Environment.optional_number::<u32>(unset), Ok(None), "{unset}");
        }
        let malformed = Environment.optional_number::<NonZeroU32>("CARGO_PKG_NAME");
        assert_eq!(malformed, Err(EnvironmentError::NotANumber("CARGO_PKG_NAME")));
    }
}
