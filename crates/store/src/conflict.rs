//! Retries of transaction conflicts, which the SDK does not retry by default.

use aws_sdk_dynamodb::config::interceptors::InterceptorContext;
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

/// Has the SDK retry, with its backoff and jitter, a transaction that was cancelled with
/// `TransactionConflict` for any of its items. Conditions of other items may have failed as well;
/// the next attempt reports them all together.
#[derive(Debug)]
pub(crate) struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(|error| error.as_operation_error());
        match error.and_then(|error| error.downcast_ref::<TransactWriteItemsError>()) {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let mut codes =
                    cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
                if codes.any(|code| code == "TransactionConflict") {
                    RetryAction::transient_error()
                } else {
                    RetryAction::NoActionIndicated
                }
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "a transaction conflict"
    }
}
