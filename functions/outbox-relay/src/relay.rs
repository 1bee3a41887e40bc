//! One sweep of the outbox: look, publish, clear what SNS acknowledged, report.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use domain::OrderId;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use metrique_writer::unit::{AsCount, AsSeconds};
use metrique_writer::{Entry, EntryWriter};
use serde::Serialize;
use store::{Next, Outbox, Page, PendingOrder, Unreadable};
use telemetry::SpanContext;
use tokio::time::timeout;
use topic::{OrderToPublish, Republisher};

/// What a sweep works with.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) outbox: Outbox,
    pub(crate) topic: Republisher,
    /// How old a pending flag must be, in seconds: older than the orders function can take to
    /// publish the order itself.
    pub(crate) age_seconds: u32,
}

/// What a sweep found and did: the function's answer, and its log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SweepSummary {
    /// Orders that were pending, and old enough.
    found: usize,
    /// Those of them that SNS acknowledged.
    published: usize,
    /// Those of them whose pending flag is gone. The others are published once more by the next
    /// sweep.
    cleared: usize,
    /// The age of the oldest, in seconds.
    oldest_seconds: i64,
    /// Rows that are no orders.
    unreadable: usize,
    /// Calls that failed.
    failed: usize,
    /// Whether the time was over before the outbox was.
    cut_short: bool,
}

impl SweepSummary {
    /// Calls that failed, and rows that are no orders.
    pub(crate) fn failures(&self) -> u64 {
        (self.failed + self.unreadable) as u64
    }
}

impl Entry for SweepSummary {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        let Self { found, published, cleared: _, oldest_seconds, unreadable: _, failed, cut_short } =
            *self;
        let count = |number: usize| AsCount::from(number as u64);
        // Who did not see all knows of no age that it is the oldest; to say 0 would end an alarm.
        let known = found > 0 || (failed == 0 && !cut_short);
        let oldest = AsSeconds::from(u64::try_from(oldest_seconds).unwrap_or_default());
        writer.value("Sweeps", &count(1));
        writer.value("OutboxFound", &count(found));
        writer.value("OutboxPublished", &count(published));
        writer.value("OutboxOldestAge", &known.then_some(oldest));
        writer.value("SweepFailures", &AsCount::from(self.failures()));
    }
}

/// The time kept back for the answer to travel.
const ANSWER_MARGIN: Duration = Duration::from_millis(200);
/// The time for a sweep whose deadline has passed before it began, as under `cargo lambda watch`,
/// which dates all deadlines to 1970.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

impl Relay {
    /// Publishes what one scan of the outbox finds, or queries all shards side by side if there is
    /// more than a page. Nothing is tried twice: the next sweep is the retry.
    pub(crate) async fn run_until(&self, deadline: SystemTime) -> Result<SweepSummary, Error> {
        let time_left = deadline.duration_since(SystemTime::now()).unwrap_or(WITHOUT_DEADLINE);
        let now = Timestamp::now();
        let placed_until = now.checked_sub(SignedDuration::from_secs(self.age_seconds.into()))?;
        let summary = RefCell::new(SweepSummary::default());
        let whole = timeout(
            time_left.saturating_sub(ANSWER_MARGIN),
            self.sweep(now, placed_until, &summary),
        )
        .await;
        let summary = SweepSummary { cut_short: whole.is_err(), ..summary.into_inner() };
        let SweepSummary {
            found,
            published,
            cleared,
            oldest_seconds,
            unreadable,
            failed,
            cut_short,
        } = summary;
        tracing::info!(
            found,
            published,
            cleared,
            oldest_seconds,
            unreadable,
            failed,
            cut_short,
            "sweep"
        );
        Ok(summary)
    }

    async fn sweep(
        &self,
        now: Timestamp,
        placed_until: Timestamp,
        summary: &RefCell<SweepSummary>,
    ) {
        match self.outbox.scan_pending(placed_until).await {
            Ok(Some(page)) => drop(self.publish(page, now, summary).await),
            Ok(None) => {
                let shards = self.outbox.shards();
                join_all(shards.map(|shard| self.sweep_shard(shard, now, placed_until, summary)))
                    .await;
            }
            Err(error) => fail(summary, &error),
        }
    }

    async fn sweep_shard(
        &self,
        shard: u8,
        now: Timestamp,
        placed_until: Timestamp,
        summary: &RefCell<SweepSummary>,
    ) {
        let mut from = None;
        loop {
            let page = match self.outbox.query_shard(shard, placed_until, from).await {
                Ok(page) => page,
                Err(error) => return fail(summary, &error),
            };
            match self.publish(page, now, summary).await {
                Some(next) => from = Some(next),
                None => return,
            }
        }
    }

    /// Publishes a page's orders and clears the pending flags of those that SNS took. What follows
    /// is the next page, unless there is none or something failed.
    async fn publish(
        &self,
        page: Page,
        now: Timestamp,
        summary: &RefCell<SweepSummary>,
    ) -> Option<Next> {
        note_found(summary, &page.orders, now);
        page.unreadable.iter().for_each(|unreadable| note_unreadable(summary, unreadable));
        let (orders, steps): (Vec<_>, HashMap<_, _>) = page.orders.into_iter().map(step).unzip();
        for orders in orders.chunks(Republisher::MAX_ORDERS) {
            match self.topic.publish_batch(orders).await {
                Ok(acknowledged) => self.clear(acknowledged, &steps, summary).await,
                Err(error) => {
                    fail(summary, &error);
                    return None;
                }
            }
        }
        page.next
    }

    async fn clear(
        &self,
        acknowledged: HashSet<OrderId>,
        steps: &HashMap<OrderId, SpanContext>,
        summary: &RefCell<SweepSummary>,
    ) {
        summary.borrow_mut().published += acknowledged.len();
        let acknowledged: Vec<_> = acknowledged.into_iter().collect();
        let cleared = self.outbox.clear(&acknowledged).await;
        for (id, cleared) in acknowledged.iter().zip(cleared) {
            let _span = steps.get(id).map(|step| step.span().entered());
            match cleared {
                Ok(()) => {
                    summary.borrow_mut().cleared += 1;
                    tracing::info!(order_id = %id, outcome = "published", "order");
                }
                Err(error) => {
                    summary.borrow_mut().failed += 1;
                    tracing::warn!(order_id = %id, %error, outcome = "published_flag_pending", "order");
                }
            }
        }
    }
}

/// An order continues the trace of the request that placed the order.
fn step(PendingOrder { order, trace }: PendingOrder) -> (OrderToPublish, (OrderId, SpanContext)) {
    let (id, step) = (order.id, SpanContext::child_of(trace));
    (OrderToPublish { order, trace: Some(step.trace()) }, (id, step))
}

fn note_found(summary: &RefCell<SweepSummary>, orders: &[PendingOrder], now: Timestamp) {
    let mut summary = summary.borrow_mut();
    summary.found += orders.len();
    let oldest = orders
        .iter()
        .map(|PendingOrder { order, .. }| now.as_second() - order.placed_at.as_second())
        .max();
    summary.oldest_seconds = summary.oldest_seconds.max(oldest.unwrap_or_default());
}

/// It blocks no other order. Only a person can repair it.
fn note_unreadable(summary: &RefCell<SweepSummary>, Unreadable { key, error }: &Unreadable) {
    summary.borrow_mut().unreadable += 1;
    tracing::error!(order_id = key, %error, outcome = "unreadable", "order");
}

fn fail(summary: &RefCell<SweepSummary>, error: &dyn std::error::Error) {
    summary.borrow_mut().failed += 1;
    tracing::warn!(%error, "a call of the sweep failed");
}
