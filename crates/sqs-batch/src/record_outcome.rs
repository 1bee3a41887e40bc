//! The outcome of one record.

/// The outcome of one record. The first two are success; the others are reported to SQS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordOutcome {
    /// This delivery did the work.
    Done,
    /// An earlier delivery did the work.
    AlreadyDone,
    /// The work is not known to be done; another delivery may do it. The reason is for the log.
    Retry(String),
    /// No delivery can succeed, so the message belongs in the dead-letter queue. The reason is for
    /// the log.
    Poison(String),
}

impl RecordOutcome {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadyDone)
    }
}
