//! The SQS batch kernel: decode, isolate, report. No other crate names SQS events.
//!
//! A service says what an order means to it ([`run`]'s `prepare`) and how that is done for many orders at once
//! (`commit`); the kernel sees to it that one record's failure is that record's alone. Whatever is not done is
//! reported by message id in a partial batch response, and SQS delivers it again or, after enough tries, moves it to
//! the dead-letter queue with its body intact.

mod kernel;
mod verdict;

pub use kernel::{BatchError, process};
pub use verdict::Verdict;

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::SqsEvent;
use domain::OrderPlaced;
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};

/// Serves SQS batches until Lambda ends the process.
///
/// `prepare` makes of an event what is to be done; it must not do it. `commit` does it for up to [`MAX_COMMIT`] items
/// of different orders, and gives a verdict on each, in the order of the items. Doing an item twice must do no more
/// than doing it once.
pub async fn run<I>(
    prepare: impl Fn(&OrderPlaced) -> I,
    commit: impl AsyncFn(&[I]) -> Vec<Verdict>,
) -> Result<(), Error> {
    let (prepare, commit) = (&prepare, &commit);
    let handler = async |event: LambdaEvent<SqsEvent>| {
        let time_left = time_left(&event.context);
        let response = process(event.payload, time_left, prepare, commit).await;
        response.inspect_err(|error| tracing::error!(%error, outcome = "failed", "batch")).map_err(Error::from)
    };
    lambda_runtime::run(service_fn(handler)).await
}

fn time_left(context: &Context) -> Duration {
    if context.deadline < YEAR_2001_MS {
        return WITHOUT_DEADLINE;
    }
    context.deadline().duration_since(SystemTime::now()).unwrap_or_default()
}

/// `cargo lambda watch` dates all its deadlines to 1970.
const YEAR_2001_MS: u64 = 1_000_000_000_000;
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

/// The most items of one `commit`, DynamoDB's limit for one `BatchExecuteStatement`.
pub const MAX_COMMIT: usize = 25;
