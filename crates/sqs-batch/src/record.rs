//! A message of a batch while it is processed.

use tracing::Span;

use crate::commit::NO_TIME_TO_START;
use crate::sqs_event::Message;
use crate::{BatchError, LenientSqsEvent, Observer, RecordOutcome};

/// A message of the batch.
pub(crate) struct Record<Key> {
    pub(crate) message_id: String,
    pub(crate) body: String,
    /// Adds the record's trace to its log lines.
    pub(crate) span: Span,
    /// The message group's id, which only the order of a FIFO queue needs.
    pub(crate) group_id: Option<String>,
    /// The number of deliveries, this one included.
    pub(crate) receive_count: Option<u32>,
    pub(crate) key: Option<Key>,
    pub(crate) outcome: RecordOutcome,
}

/// Returns the batch's records, in its order, with the outcome of a record that is never started.
pub(crate) fn records<Key>(
    batch: LenientSqsEvent,
    observer: &impl Observer<Key>,
) -> Result<Vec<Record<Key>>, BatchError> {
    let record = |(position, mut message): (usize, Message)| {
        let span = observer.span(message.traceparent());
        let (group_id, receive_count) = (message.take_group_id(), message.receive_count());
        let message_id = message.id.filter(|id| !id.is_empty());
        Ok(Record {
            message_id: message_id.ok_or(BatchError::MissingMessageId { position })?,
            body: message.body.unwrap_or_default(),
            span,
            group_id,
            receive_count,
            key: None,
            outcome: RecordOutcome::Retry(NO_TIME_TO_START.to_owned()),
        })
    };
    batch.messages.into_iter().enumerate().map(record).collect()
}
