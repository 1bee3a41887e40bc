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
        let worked = async {
            let worked = process(payload, time_left(&context), prepare, commit).await;
            worked.inspect_err(|error| tracing::error!(%error, outcome = "failed", "batch"))
        };
        let BatchOutcome { response, counts } =
            worked.instrument(request_span(&context.request_id)).await?;
        invocation.failed(counts.failures());
        invocation.end(metrics, &Combined(&counts, measure(&counts)));
        Ok::<_, Error>(response)
    };
    lambda_runtime::run(service_fn(handler)).await
}

fn time_left(context: &Context) -> Duration {
    if context.deadline < YEAR_2001_MS {
        return WITHOUT_DEADLINE;
    }
    context.deadline().duration_since(SystemTime::now()).unwrap_or_default()
}

/// `cargo lambda watch` dates all deadlines to 1970.
const YEAR_2001_MS: u64 = 1_000_000_000_000;
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

/// The maximum number of items in one `commit`, DynamoDB's limit for `BatchExecuteStatement`.
pub const MAX_COMMIT: usize = 25;

#[cfg(test)]
mod tests {
    use super::*;

    fn time_left_until(deadline: u64) -> Duration {
        let mut context = Context::default();
        context.deadline = deadline;
        time_left(&context)
    }

    #[test]
    fn time_left_falls_back_without_a_real_deadline() {
        assert_eq!(time_left_until(YEAR_2001_MS), Duration::ZERO);
        assert_eq!(time_left_until(YEAR_2001_MS - 1), WITHOUT_DEADLINE);
        assert!(time_left_until(4 * YEAR_2001_MS) > WITHOUT_DEADLINE);
    }
}
