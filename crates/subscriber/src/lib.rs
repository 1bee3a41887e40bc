//! Runs a subscriber: an SQS-triggered function that writes one row for each order.
//!
//! A subscriber defines its [`Row`], `prepare`, which makes the row for an event, and `measure`,
//! which makes the function's own metrics. The rest is the same for all of them: the table in the
//! variable `TABLE`, inserts that a second delivery does not repeat, the log line of a record and
//! the counts by outcome. `sqs_batch` isolates the records and reports those that failed.
//!
//! With a FIFO queue the stack sets the variable `MAX_RECEIVE_COUNT` to the queue's
//! `maxReceiveCount`: a message group then goes on after a failure on the last receive. A standard
//! queue needs no such variable.

mod batch_metrics;
mod record_log;

pub use sqs_batch::RecordOutcome;
pub use store::{EffectTable, Row, Value};
pub use telemetry::nonzero_count;

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use batch_metrics::BatchMetrics;
use domain::{Code, OrderPlaced};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use lambda_startup::{Environment, Startup};
use metrique_writer::Entry;
use record_log::RecordLog;
use sqs_batch::{LenientSqsEvent, Processor, work_deadline};
use store::Inserted;
use telemetry::{Telemetry, request_span};
use tracing::Instrument;

/// Runs the function `name` until Lambda ends the process.
///
/// `prepare` makes the row for an event, without side effects. `measure` makes the function's own
/// metrics for a batch from the ages of its orders: for each order newly done in the batch, the
/// time since it was placed. Orders are placed at whole seconds.
pub async fn run<R: Row, M: Entry>(
    name: &'static str,
    prepare: impl Fn(&OrderPlaced) -> R,
    measure: impl Fn(&[Duration]) -> M,
) -> Result<(), Error> {
    run_with_commit(name, prepare, insert, measure).await
}

/// Like [`run`], for a subscriber that does more than insert. `commit` handles up to
/// [`MAX_COMMIT`] items of different orders, must be idempotent, and returns one outcome for each
/// item, in their order.
pub async fn run_with_commit<I, M: Entry>(
    name: &'static str,
    prepare: impl Fn(&OrderPlaced) -> I,
    commit: impl AsyncFn(&EffectTable, &[I]) -> Vec<RecordOutcome>,
    measure: impl Fn(&[Duration]) -> M,
) -> Result<(), Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(name)?;
    let effect_table = EffectTable::connect(&sdk, environment.required("TABLE")?).await;
    let commit = async |items: &[I]| commit(&effect_table, items).await;
    process_batches(&telemetry, prepare, commit, measure).await
}

/// Like [`run_with_commit`], for a function that needs no table. It reads `MAX_RECEIVE_COUNT`.
pub async fn process_batches<I, M: Entry>(
    telemetry: &Telemetry,
    prepare: impl Fn(&OrderPlaced) -> I,
    commit: impl AsyncFn(&[I]) -> Vec<RecordOutcome>,
    measure: impl Fn(&[Duration]) -> M,
) -> Result<(), Error> {
    let order_id = |event: &OrderPlaced| event.order_id;
    let mut processor = Processor::new(OrderPlaced::decode, order_id, prepare, commit)
        .chunk_size(MAX_COMMIT)
        .observer(RecordLog);
    let max_receive_count: Option<NonZeroU32> = Environment.optional_number("MAX_RECEIVE_COUNT")?;
    if let Some(receives) = max_receive_count {
        processor = processor.max_receive_count(receives.get());
    }
    let metrics = telemetry.metrics(&[]);
    let (processor, measure, metrics) = (&processor, &measure, &metrics);
    let handler = async |LambdaEvent { payload, context }: LambdaEvent<LenientSqsEvent>| {
        let invocation = telemetry.invocation();
        let outcome = async {
            let outcome = processor.process(payload, work_deadline(&context)).await;
            outcome.inspect_err(|error| tracing::error!(%error, outcome = "failed", "batch"))
        };
        let outcome = outcome.instrument(request_span(&context.request_id)).await?;
        invocation.failed(outcome.counts.failed());
        let ages: Vec<_> = outcome.done.iter().map(age).collect();
        let measured = BatchMetrics { counts: outcome.counts, own: measure(&ages) };
        invocation.end(metrics, &measured);
        Ok::<_, Error>(outcome.response)
    };
    lambda_runtime::run(service_fn(handler)).await
}

/// The time since an order was placed, or 0 if this clock is behind the one that placed it.
fn age(event: &OrderPlaced) -> Duration {
    SystemTime::from(event.placed_at).elapsed().unwrap_or_default()
}

/// The maximum number of items in one `commit`, DynamoDB's limit for `BatchExecuteStatement`.
pub const MAX_COMMIT: usize = 25;

/// Inserts up to 25 rows of different orders in one request. Returns one outcome per row, in the
/// order given. If an order already has a row, it stays unchanged.
pub async fn insert<R: Row>(effect_table: &EffectTable, rows: &[R]) -> Vec<RecordOutcome> {
    effect_table.insert(rows).await.into_iter().map(record_outcome).collect()
}

fn record_outcome(inserted: Inserted) -> RecordOutcome {
    match inserted {
        Inserted::New => RecordOutcome::Done,
        Inserted::AlreadyThere => RecordOutcome::AlreadyDone,
        Inserted::Failed(error) => RecordOutcome::Retry(error.to_string()),
    }
}

/// Returns a code from 12 random bytes of the operating system.
#[must_use]
pub fn random_code() -> Code {
    let mut entropy = [0; 12];
    getrandom::fill(&mut entropy).expect("the operating system gives random bytes");
    Code::from_entropy(entropy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::{MockAws, order};
    use serde_json::json;
    use store::StoreError;

    struct Id;

    impl Row for Id {
        fn columns(&self) -> Vec<(&'static str, Value)> {
            vec![("id", Value::text("1"))]
        }
    }

    #[tokio::test]
    async fn each_row_has_an_outcome() {
        let duplicate = json!({"Error": {"Code": "DuplicateItem"}});
        let answers = json!({"Responses": [{"TableName": "effects"}, duplicate]});
        let aws = MockAws::responding([(200, json!({})), (200, answers)]);
        let effect_table = EffectTable::connect(&aws.sdk(), "effects".to_owned()).await;
        let outcomes = insert(&effect_table, &[Id, Id]).await;
        assert_eq!(outcomes, [RecordOutcome::Done, RecordOutcome::AlreadyDone]);
    }

    #[test]
    fn age_is_the_time_since_the_order_was_placed() {
        let placed = |ago: Duration| {
            let mut event = OrderPlaced::from(&order("81.50"));
            event.placed_at = (SystemTime::now() - ago).try_into().unwrap();
            event
        };
        let hour = Duration::from_secs(3600);
        assert_eq!(age(&placed(hour)).as_secs(), 3600);
        let mut of_a_fast_clock = placed(Duration::ZERO);
        of_a_fast_clock.placed_at = (SystemTime::now() + hour).try_into().unwrap();
        assert_eq!(age(&of_a_fast_clock), Duration::ZERO);
    }

    #[test]
    fn failed_insert_is_retried_with_its_reason() {
        assert_eq!(record_outcome(Inserted::New), RecordOutcome::Done);
        assert_eq!(record_outcome(Inserted::AlreadyThere), RecordOutcome::AlreadyDone);
        let failed = Inserted::Failed(StoreError::Unavailable("throttled".to_owned()));
        let reason = "DynamoDB is unavailable: throttled".to_owned();
        assert_eq!(record_outcome(failed), RecordOutcome::Retry(reason));
    }
}
