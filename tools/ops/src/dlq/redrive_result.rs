//! The result of a redrive, by SQS or by this process.

use serde::Serialize;

/// How many messages were moved, and the failures.
#[derive(Debug, Default)]
pub(crate) struct RedriveResult {
    pub(crate) moved: u64,
    pub(crate) failures: Vec<Failure>,
}

/// A message that was not moved, or whose original was not deleted.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    /// The message id. SQS does not report ids for its own moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<String>,
    pub(crate) problem: String,
}
