//! What can go wrong with a table, as its caller must know it.

use aws_client::sdk_error_kind;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// A table did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer, or one that says "not now": nothing is known to have happened, and the same call
    /// may be tried again.
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

/// A row that is not what this version writes, and stands in the way of nothing else.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Its key, as it stands there.
    pub key: String,
    /// Which attribute is missing or wrong.
    pub error: StoreError,
}

impl StoreError {
    pub(crate) fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        Self::Unavailable(sdk_error_kind(error))
    }
}
