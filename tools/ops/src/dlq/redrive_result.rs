//! What became of a redrive, whichever way it was done.

use serde::Serialize;

/// What was moved and what was not.
#[derive(Debug, Default)]
pub(crate) struct RedriveResult {
    pub(crate) moved: u64,
    pub(crate) failures: Vec<Failure>,
}

/// A message that was not moved, or not wholly.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    /// Which; SQS does not say of those that it moves itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<String>,
    pub(crate) problem: String,
}
