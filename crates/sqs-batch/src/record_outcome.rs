//! The outcome of one record.

/// The outcome of one record. The first two are success; the others are reported to SQS.
///
/// A reason is for the log: make it from ids and error kinds, not from the message's content.
///
/// ```
/// use sqs_batch::RecordOutcome;
///
/// /// The outcome of inserting a row that must not replace another.
/// fn outcome(inserted: Result<(), std::io::ErrorKind>) -> RecordOutcome {
///     match inserted {
///         Ok(()) => RecordOutcome::Done,
///         Err(std::io::ErrorKind::AlreadyExists) => RecordOutcome::AlreadyDone,
///         Err(error) => RecordOutcome::Retry(error.to_string()),
///     }
/// }
/// # assert_eq!(outcome(Err(std::io::ErrorKind::AlreadyExists)), RecordOutcome::AlreadyDone);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordOutcome {
    /// This delivery did the work.
    Done,
    /// An earlier delivery did the work.
    AlreadyDone,
    /// The work is not known to be done; another delivery may do it. The reason is for the log. In a
    /// FIFO queue the later messages of its group wait for it.
    Retry(String),
    /// No delivery can succeed, so the message belongs in the dead-letter queue. SQS moves it there
    /// after the queue's `maxReceiveCount`. The reason is for the log. In a FIFO queue its group goes
    /// on without it.
    Poison(String),
}

impl RecordOutcome {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadyDone)
    }
}
