//! What became of one record.

/// What became of one record. The first two are success; the others are reported to SQS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordOutcome {
    /// Its effect is there now.
    Done,
    /// An earlier delivery had done it.
    AlreadyDone,
    /// Not known to be done; another delivery may do it. The reason is for the log.
    Retry(String),
    /// No delivery will ever do it: it belongs in the dead-letter queue. The reason is for the log.
    Poison(String),
}

impl RecordOutcome {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadyDone)
    }
}
