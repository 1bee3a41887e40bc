//! What can go wrong with a table, as its caller must know it.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// A table did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer, or one that says "not now": nothing is known to have happened, and the same call may be tried again.
    #[error("DynamoDB is unavailable: {0}")]
    Unavailable(String),
    /// A row is there, but is not what this version writes.
    #[error("a row of {table} cannot be read: {attribute}")]
    Unreadable {
        /// Which table.
        table: &'static str,
        /// Which attribute is missing or wrong. Never its value.
        attribute: &'static str,
    },
}

impl StoreError {
    /// The error code and the cause chain, and never the request.
    pub(crate) fn unavailable<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        R: std::fmt::Debug,
    {
        Self::Unavailable(match error.code() {
            Some(code) => code.to_owned(),
            None => DisplayErrorContext(error).to_string(),
        })
    }
}
