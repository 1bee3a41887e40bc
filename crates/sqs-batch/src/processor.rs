//! Processes one batch: prepares each record, groups records of the same order, commits in chunks
//! and builds the partial batch response.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use aws_lambda_events::sqs::SqsBatchResponse;
use domain::{OrderId, OrderPlaced};
use futures::FutureExt;
use futures::future::join_all;
use telemetry::SpanContext;
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use crate::sqs_event::Message;
use crate::{BatchCounts, LenientSqsEvent, MAX_COMMIT, RecordOutcome};

/// Why a whole batch failed. SQS then delivers all of it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// A record has no message id, or an empty one, so its failure could not be reported. SQS
    /// itself always sets an id.
    #[error(
        "record {position} of the batch has no message id, so its failure could not be reported"
    )]
    MissingMessageId {
        /// The record's position in the batch, counted from 0.
        position: usize,
    },
}

/// The result of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchOutcome {
    /// The messages that SQS should keep.
    pub response: SqsBatchResponse,
    /// The number of records per outcome.
    pub counts: BatchCounts,
}

/// A message of the batch.
struct Record {
    message_id: String,
    body: String,
    /// Adds the record's trace to its log lines.
    span: Span,
    order_id: Option<OrderId>,
    outcome: RecordOutcome,
}

/// The records of one order, which share an item.
struct Group {
    placed_at: SystemTime,
    /// Their positions in the batch.
    records: Vec<usize>,
}

/// Processes one batch. See [`crate::run`] for `prepare` and `commit`. Work that is not done at the
/// deadline is reported to SQS as failed.
pub async fn process<I>(
    delivery: LenientSqsEvent,
    deadline: Instant,
    prepare: impl Fn(&OrderPlaced) -> I,
    commit: impl AsyncFn(&[I]) -> Vec<RecordOutcome>,
) -> Result<BatchOutcome, BatchError> {
    let mut records = records(delivery)?;
    let (groups, items) = prepare_all(&mut records, prepare);
    let chunks = items.chunks(MAX_COMMIT).map(|chunk| commit_chunk(chunk, deadline, &commit));
    let outcomes = join_all(chunks).await.into_iter().flatten();
    let mut counts = BatchCounts::default();
    for (Group { placed_at, records: positions }, outcome) in groups.into_iter().zip(outcomes) {
        if outcome == RecordOutcome::Done {
            // The age is 0 if this clock is behind the one that placed the order.
            counts.ages.push(placed_at.elapsed().unwrap_or_default());
        }
        for position in positions {
            records[position].outcome = outcome.clone();
        }
    }
    for record in &records {
        counts.record(&record.outcome);
    }
    Ok(BatchOutcome { response: report(&records), counts })
}

fn records(delivery: LenientSqsEvent) -> Result<Vec<Record>, BatchError> {
    let record = |(position, message): (usize, Message)| {
        let span = SpanContext::child_of(message.trace()).span();
        let message_id = message.id.filter(|id| !id.is_empty());
        Ok(Record {
            message_id: message_id.ok_or(BatchError::MissingMessageId { position })?,
            body: message.body.unwrap_or_default(),
            span,
            order_id: None,
            outcome: RecordOutcome::Retry("not worked on".to_owned()),
        })
    };
    delivery.messages.into_iter().enumerate().map(record).collect()
}

/// Prepares one item per order: records of the same order share an item. A record that cannot be
/// decoded or prepared becomes poison. Groups and items have the same order.
fn prepare_all<I>(
    records: &mut [Record],
    prepare: impl Fn(&OrderPlaced) -> I,
) -> (Vec<Group>, Vec<I>) {
    let mut groups = Vec::<Group>::new();
    let mut items = Vec::new();
    let mut group_of = HashMap::<OrderId, usize>::new();
    for (position, record) in records.iter_mut().enumerate() {
        let event = match OrderPlaced::decode(&record.body) {
            Ok(event) => event,
            Err(error) => {
                record.outcome = RecordOutcome::Poison(error.to_string());
                continue;
            }
        };
        record.order_id = Some(event.order_id);
        if let Some(group) = group_of.get(&event.order_id) {
            groups[*group].records.push(position);
            continue;
        }
        match record.span.in_scope(|| catch_unwind(AssertUnwindSafe(|| prepare(&event)))) {
            Ok(item) => {
                group_of.insert(event.order_id, groups.len());
                groups.push(Group { placed_at: event.placed_at.into(), records: vec![position] });
                items.push(item);
            }
            Err(_) => record.outcome = RecordOutcome::Poison("preparing it panicked".to_owned()),
        }
    }
    (groups, items)
}

/// Commits a chunk. Returns exactly one outcome per item, even if `commit` panics, times out or
/// returns the wrong number of outcomes.
async fn commit_chunk<I>(
    items: &[I],
    deadline: Instant,
    commit: impl AsyncFn(&[I]) -> Vec<RecordOutcome>,
) -> Vec<RecordOutcome> {
    let retry_all = |reason: &str| vec![RecordOutcome::Retry(reason.to_owned()); items.len()];
    if Instant::now() >= deadline {
        return retry_all("no time left to start");
    }
    match timeout_at(deadline, AssertUnwindSafe(async { commit(items).await }).catch_unwind()).await
    {
        Ok(Ok(outcomes)) if outcomes.len() == items.len() => outcomes,
        Ok(Ok(_)) => {
            retry_all("the commit gave another number of outcomes than it was given items")
        }
        Ok(Err(_)) => retry_all("committing its chunk panicked"),
        Err(_) => retry_all("no time left to finish"),
    }
}

fn report(records: &[Record]) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for Record { message_id, span, order_id, outcome, .. } in records {
        let order_id = order_id.map(tracing::field::display);
        span.in_scope(|| match outcome {
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
        });
        if !outcome.is_success() {
            response.add_failure(message_id);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::time::Duration;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn body(order: usize) -> String {
        format!(
            r#"{{"type":"order.placed","version":1,"order_id":"00000000-0000-4000-8000-{order:012}","customer":"Ada","#
        ) + r#""currency":"USD","amount":"81.50","total":"81.50","placed_at":"2026-11-22T10:00:00Z"}"#
    }

    fn batch(bodies: impl IntoIterator<Item = String>) -> LenientSqsEvent {
        let records: Vec<_> = bodies
            .into_iter()
            .enumerate()
            .map(|(position, body)| serde_json::json!({"messageId": format!("m{position}"), "body": body}))
            .collect();
        serde_json::from_value(serde_json::json!({ "Records": records })).unwrap()
    }

    fn number(event: &OrderPlaced) -> usize {
        event.order_id.to_string()[24..].parse().unwrap()
    }

    fn failures(outcome: Result<BatchOutcome, BatchError>) -> Vec<String> {
        let failures = outcome.unwrap().response.batch_item_failures.into_iter();
        failures.map(|failure| failure.item_identifier).collect()
    }

    /// Processes these bodies in ample time, and returns the message ids of the failures.
    async fn failures_of(
        bodies: impl IntoIterator<Item = String>,
        commit: impl AsyncFn(&[usize]) -> Vec<RecordOutcome>,
    ) -> Vec<String> {
        failures(process(batch(bodies), later(), number, commit).await)
    }

    async fn all_done(items: &[usize]) -> Vec<RecordOutcome> {
        vec![RecordOutcome::Done; items.len()]
    }

    #[tokio::test]
    async fn successful_batch_reports_no_failures() {
        assert!(failures_of((0..10).map(body), all_done).await.is_empty());
    }

    #[tokio::test]
    async fn empty_batch_commits_nothing() {
        assert!(failures_of([], async |_: &[usize]| unreachable!()).await.is_empty());
    }

    #[tokio::test]
    async fn poison_body_fails_only_its_own_record() {
        for poison in 0..10 {
            let bodies =
                (0..10).map(|order| if order == poison { "{".to_owned() } else { body(order) });
            let committed = RefCell::new(vec![]);
            let failures = failures_of(bodies, async |items: &[usize]| {
                committed.borrow_mut().extend_from_slice(items);
                all_done(items).await
            });
            assert_eq!(failures.await, [format!("m{poison}")]);
            let others: Vec<_> = (0..10).filter(|order| *order != poison).collect();
            assert_eq!(committed.into_inner(), others);
        }
    }

    #[tokio::test]
    async fn missing_body_is_poison() {
        let event = serde_json::from_str(r#"{"Records": [{"messageId": "m0"}]}"#).unwrap();
        assert_eq!(failures(process(event, later(), number, all_done).await), ["m0"]);
    }

    #[tokio::test]
    async fn each_outcome_applies_to_its_own_record() {
        let failures = failures_of((0..4).map(body), async |_: &[usize]| {
            vec![
                RecordOutcome::Done,
                RecordOutcome::Retry("busy".into()),
                RecordOutcome::AlreadyDone,
                RecordOutcome::Poison("bad".into()),
            ]
        });
        assert_eq!(failures.await, ["m1", "m3"]);
    }

    #[tokio::test]
    async fn counts_cover_all_messages_and_ages_of_new_orders() {
        let bodies = [0, 1, 2, 3, 0].map(body).into_iter().chain(["{".to_owned()]);
        let outcome = process(batch(bodies), later(), number, async |_: &[usize]| {
            vec![
                RecordOutcome::Done,
                RecordOutcome::AlreadyDone,
                RecordOutcome::Retry("busy".into()),
                RecordOutcome::Poison("bad".into()),
            ]
        });
        let mut counts = outcome.await.unwrap().counts;
        assert_eq!(counts.ages.len(), 1, "one order, though two messages");
        counts.ages.clear();
        let mut expected = BatchCounts::default();
        for outcome in [
            RecordOutcome::Done,
            RecordOutcome::AlreadyDone,
            RecordOutcome::Retry(String::new()),
            RecordOutcome::Poison(String::new()),
            RecordOutcome::Done,
            RecordOutcome::Poison(String::new()),
        ] {
            expected.record(&outcome);
        }
        assert_eq!(counts, expected);
    }

    #[tokio::test]
    async fn duplicate_orders_commit_once_and_share_the_outcome() {
        let bodies = [7, 8, 7, 7].map(body);
        let failures = failures_of(bodies, async |items: &[usize]| {
            assert_eq!(items, [7, 8]);
            vec![RecordOutcome::Retry("busy".into()), RecordOutcome::Done]
        });
        assert_eq!(failures.await, ["m0", "m2", "m3"]);
    }

    #[tokio::test]
    async fn panic_in_prepare_fails_one_record() {
        let prepare = |event: &OrderPlaced| match number(event) {
            3 => panic!("on purpose"),
            order => order,
        };
        let outcome = process(batch((0..10).map(body)), later(), prepare, all_done).await;
        assert_eq!(failures(outcome), ["m3"]);
    }

    #[tokio::test]
    async fn panic_in_commit_fails_its_chunk() {
        let failures = failures_of((0..60).map(body), async |items: &[usize]| {
            assert!(items.len() <= MAX_COMMIT);
            assert!(!items.contains(&30), "on purpose");
            all_done(items).await
        });
        let chunk: Vec<_> = (25..50).map(|order| format!("m{order}")).collect();
        assert_eq!(failures.await, chunk);
    }

    #[tokio::test]
    async fn missing_outcome_retries_the_whole_chunk() {
        let too_few = async |_: &[usize]| vec![RecordOutcome::Done; 2];
        assert_eq!(failures_of((0..3).map(body), too_few).await, ["m0", "m1", "m2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn chunks_are_committed_concurrently() {
        let start = Instant::now();
        let failures = failures_of((0..100).map(body), async |items: &[usize]| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            all_done(items).await
        });
        assert!(failures.await.is_empty());
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn unfinished_chunks_are_returned_before_the_deadline() {
        let deadline = later();
        let response =
            process(batch((0..50).map(body)), deadline, number, async |items: &[usize]| {
                if items.contains(&0) {
                    std::future::pending::<()>().await;
                }
                all_done(items).await
            });
        let chunk: Vec<_> = (0..25).map(|order| format!("m{order}")).collect();
        assert_eq!(failures(response.await), chunk);
        assert_eq!(Instant::now(), deadline);
    }

    #[tokio::test]
    async fn commit_is_skipped_when_no_time_is_left() {
        let commit = async |_: &[usize]| unreachable!();
        let outcome = process(batch((0..3).map(body)), Instant::now(), number, commit).await;
        assert_eq!(failures(outcome), ["m0", "m1", "m2"]);
    }

    #[tokio::test]
    async fn missing_message_id_fails_the_whole_batch() {
        for id in ["", r#""messageId": null, "#, r#""messageId": "", "#, r#""messageId": 7, "#] {
            let event = format!(
                r#"{{"Records": [{{"messageId": "m0", "body": "x"}}, {{{id}"body": "x"}}]}}"#
            );
            let response =
                process(serde_json::from_str(&event).unwrap(), later(), number, all_done).await;
            assert_eq!(response, Err(BatchError::MissingMessageId { position: 1 }), "{id}");
        }
    }
}
