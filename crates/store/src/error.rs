//! Errors of table operations.

use aws_client::sdk_error_kind;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// A table operation failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB gave no response, or a retryable error. The operation may or may not have happened,
    /// and may be tried again.
    #[error("DynamoDB is unavailable: {0}")]
    Unavailable(String),
    /// A row exists, but its format is not one that this version writes.
    #[error("a row of {table} cannot be read: {attribute}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The attribute that is missing or invalid. Never its value.
        attribute: &'static str,
    },
}

/// An invalid row. It does not block other rows.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// The row's key as stored.
    pub key: String,
    /// Which attribute is missing or invalid.
    pub error: StoreError,
}

impl StoreError {
    pub(crate) fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        Self::Unavailable(sdk_error_kind(error))
    }
}
