//! The log line of a record.

use domain::OrderId;
use sqs_batch::{Observer, RecordOutcome};
use telemetry::SpanContext;
use tracing::Span;

/// Writes one line for each record, in the trace of the message's publisher.
pub(crate) struct RecordLog;

impl Observer<OrderId> for RecordLog {
    fn span(&self, traceparent: Option<&str>) -> Span {
        let trace = traceparent.and_then(|traceparent| traceparent.parse().ok());
        SpanContext::child_of(trace).span()
    }

    fn outcome(&self, message_id: &str, order_id: Option<&OrderId>, outcome: &RecordOutcome) {
        let order_id = order_id.map(tracing::field::display);
        match outcome {
            RecordOutcome::Done => tracing::info!(order_id, message_id, outcome = "done", "record"),
            RecordOutcome::AlreadyDone => {
                tracing::info!(order_id, message_id, outcome = "already_done", "record");
            }
            RecordOutcome::Retry(reason) => {
                tracing::warn!(order_id, message_id, outcome = "retry", reason, "record");
            }
            RecordOutcome::Poison(reason) => {
                tracing::error!(order_id, message_id, outcome = "poison", reason, "record");
            }
        }
    }
}
