//! The SQS batch processor: decode, isolate, report. No other crate names SQS events.
//!
//! A service defines what to do for an order ([`run`]'s `prepare`) and how to do it for many orders
//! at once (`commit`). The processor isolates failures of single records. It reports failed records
//! by message id in a partial batch response. SQS delivers them again or, after enough tries, moves
//! them to the dead-letter queue with their bodies intact.

mod counts;
mod processor;
mod record_outcome;
mod sqs_event;

pub use counts::BatchCounts;
pub use processor::{BatchError, BatchOutcome, process};
pub use record_outcome::RecordOutcome;
pub use sqs_event::LenientSqsEvent;

use std::time::{Duration, SystemTime};

use counts::Combined;
use domain::OrderPlaced;
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use metrique_writer::Entry;
use telemetry::{Telemetry, request_span};
use tokio::time::Instant;
use tracing::Instrument;

/// Serves SQS batches until Lambda ends the process.
///
/// `prepare` turns an event into an item of work, without side effects. `commit` does the work for
/// up to [`MAX_COMMIT`] items of different orders and returns one outcome per item, in the order of
/// the items. It must be idempotent. `measure` turns a batch's counts into the service's own
/// metrics.
pub async fn run<I, M: Entry>(
    telemetry: &Telemetry,
    prepare: impl Fn(&OrderPlaced) -> I,
    commit: impl AsyncFn(&[I]) -> Vec<RecordOutcome>,
    measure: impl Fn(&BatchCounts) -> M,
) -> Result<(), Error> {
    let metrics = telemetry.metrics(&[]);
    let (prepare, commit, measure, metrics) = (&prepare, &commit, &measure, &metrics);
    let handler = async |LambdaEvent { payload, context }: LambdaEvent<LenientSqsEvent>| {
        let invocation = telemetry.invocation();
        let outcome = async {
            let outcome = process(payload, work_deadline(&context), prepare, commit).await;
            outcome.inspect_err(|error| tracing::error!(%error, outcome = "failed", "batch"))
        };
        let BatchOutcome { response, counts } =
            outcome.instrument(request_span(&context.request_id)).await?;
        invocation.failed(counts.failures());
        invocation.end(metrics, &Combined(&counts, measure(&counts)));
        Ok::<_, Error>(response)
    };
    lambda_runtime::run(service_fn(handler)).await
}

/// Returns when work must end so that the response still reaches Lambda. This crate depends on no
/// start-up code, so the outbox relay has a computation of its own.
fn work_deadline(context: &Context) -> Instant {
    let time_left = if context.deadline < YEAR_2001_MS {
        WITHOUT_DEADLINE
    } else {
        context.deadline().duration_since(SystemTime::now()).unwrap_or_default()
    };
    Instant::now() + time_left.saturating_sub(ANSWER_MARGIN)
}

/// The time reserved for the response to reach Lambda. Work that would exceed it is reported to SQS
/// as failed.
const ANSWER_MARGIN: Duration = Duration::from_millis(200);
/// `cargo lambda watch` dates all deadlines to 1970.
const YEAR_2001_MS: u64 = 1_000_000_000_000;
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

/// The maximum number of items in one `commit`, DynamoDB's limit for `BatchExecuteStatement`.
pub const MAX_COMMIT: usize = 25;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_deadline_falls_back_without_a_real_deadline() {
        let time_for_work = |deadline: u64| {
            let mut context = Context::default();
            context.deadline = deadline;
            work_deadline(&context) - Instant::now()
        };
        assert_eq!(time_for_work(YEAR_2001_MS), Duration::ZERO);
        assert_eq!(time_for_work(YEAR_2001_MS - 1), Duration::from_millis(9_800));
        assert!(time_for_work(4 * YEAR_2001_MS) > WITHOUT_DEADLINE);
    }
}
