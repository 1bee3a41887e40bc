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
use telemetry::Step;
use tokio::time::timeout;
use topic::{Announcement, Republisher};

/// What a sweep works with.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) outbox: Outbox,
    pub(crate) topic: Republisher,
    /// How old a mark must be, in seconds: older than the orders function can take to announce the order itself.
    pub(crate) age_seconds: u32,
}

/// What a sweep found and did: the function's answer, and its log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Swept {
    /// Orders that were marked, and old enough.
    found: usize,
    /// Those of them that SNS acknowledged.
    announced: usize,
    /// Those of them whose mark is gone. The others are announced once more by the next sweep.
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

impl Swept {
    /// Calls that failed, and rows that are no orders.
    pub(crate) fn failures(&self) -> u64 {
        (self.failed + self.unreadable) as u64
    }
}

impl Entry for Swept {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        let Self { found, announced, cleared: _, oldest_seconds, unreadable: _, failed, cut_short } = *self;
        let count = |number: usize| AsCount::from(number as u64);
        // Who did not see all knows of no age that it is the oldest; to say 0 would end an alarm.
        let known = found > 0 || (failed == 0 && !cut_short);
        let oldest = AsSeconds::from(u64::try_from(oldest_seconds).unwrap_or_default());
        writer.value("Sweeps", &count(1));
        writer.value("OutboxFound", &count(found));
        writer.value("OutboxAnnounced", &count(announced));
        writer.value("OutboxOldestAge", &known.then_some(oldest));
        writer.value("SweepFailures", &AsCount::from(self.failures()));
    }
}

/// The time kept back for the answer to travel.
const ANSWER_MARGIN: Duration = Duration::from_millis(200);
/// The time for a sweep whose deadline has passed before it began, as under `cargo lambda watch`, which dates all
/// deadlines to 1970.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

impl Sweep {
    /// Announces what a scan_pending at the outbox shows; all shards side by side, if it is too full for one. Nothing is tried
    /// twice: the next sweep is the retry.
    pub(crate) async fn until(&self, deadline: SystemTime) -> Result<Swept, Error> {
        let time_left = deadline.duration_since(SystemTime::now()).unwrap_or(WITHOUT_DEADLINE);
        let now = Timestamp::now();
        let placed_until = now.checked_sub(SignedDuration::from_secs(self.age_seconds.into()))?;
        let swept = RefCell::new(Swept::default());
        let whole = timeout(time_left.saturating_sub(ANSWER_MARGIN), self.sweep(now, placed_until, &swept)).await;
        let swept = Swept { cut_short: whole.is_err(), ..swept.into_inner() };
        let Swept { found, announced, cleared, oldest_seconds, unreadable, failed, cut_short } = swept;
        tracing::info!(found, announced, cleared, oldest_seconds, unreadable, failed, cut_short, "sweep");
        Ok(swept)
    }

    async fn sweep(&self, now: Timestamp, placed_until: Timestamp, swept: &RefCell<Swept>) {
        match self.outbox.scan_pending(placed_until).await {
            Ok(Some(page)) => drop(self.announce(page, now, swept).await),
            Ok(None) => {
                let shards = self.outbox.shards();
                join_all(shards.map(|shard| self.sweep_shard(shard, now, placed_until, swept))).await;
            }
            Err(error) => fail(swept, &error),
        }
    }

    async fn sweep_shard(&self, shard: u8, now: Timestamp, placed_until: Timestamp, swept: &RefCell<Swept>) {
        let mut from = None;
        loop {
            let page = match self.outbox.query_shard(shard, placed_until, from).await {
                Ok(page) => page,
                Err(error) => return fail(swept, &error),
            };
            match self.announce(page, now, swept).await {
                Some(next) => from = Some(next),
                None => return,
            }
        }
    }

    /// Announces a page's orders and clears the marks of those that SNS took. What follows is the next page, unless
    /// there is none or something failed.
    async fn announce(&self, page: Page, now: Timestamp, swept: &RefCell<Swept>) -> Option<Next> {
        note_found(swept, &page.orders, now);
        page.unreadable.iter().for_each(|unreadable| note_unreadable(swept, unreadable));
        let (orders, steps): (Vec<_>, HashMap<_, _>) = page.orders.into_iter().map(step).unzip();
        for orders in orders.chunks(Republisher::MAX_ORDERS) {
            match self.topic.announce_all(orders).await {
                Ok(acknowledged) => self.clear(acknowledged, &steps, swept).await,
                Err(error) => {
                    fail(swept, &error);
                    return None;
                }
            }
        }
        page.next
    }

    async fn clear(&self, acknowledged: HashSet<OrderId>, steps: &HashMap<OrderId, Step>, swept: &RefCell<Swept>) {
        swept.borrow_mut().announced += acknowledged.len();
        let acknowledged: Vec<_> = acknowledged.into_iter().collect();
        let cleared = self.outbox.clear(&acknowledged).await;
        for (id, cleared) in acknowledged.iter().zip(cleared) {
            let _span = steps.get(id).map(|step| step.span().entered());
            match cleared {
                Ok(()) => {
                    swept.borrow_mut().cleared += 1;
                    tracing::info!(order_id = %id, outcome = "announced", "order");
                }
                Err(error) => {
                    swept.borrow_mut().failed += 1;
                    tracing::warn!(order_id = %id, %error, outcome = "announced, still marked", "order");
                }
            }
        }
    }
}

/// An announcement continues the trace of the request that placed the order.
fn step(PendingOrder { order, trace }: PendingOrder) -> (Announcement, (OrderId, Step)) {
    let (id, step) = (order.id, Step::after(trace));
    (Announcement { order, trace: Some(step.trace()) }, (id, step))
}

fn note_found(swept: &RefCell<Swept>, orders: &[PendingOrder], now: Timestamp) {
    let mut swept = swept.borrow_mut();
    swept.found += orders.len();
    let oldest = orders.iter().map(|PendingOrder { order, .. }| now.as_second() - order.placed_at.as_second()).max();
    swept.oldest_seconds = swept.oldest_seconds.max(oldest.unwrap_or_default());
}

/// It is in the way of no other order. Only a person can mend it.
fn note_unreadable(swept: &RefCell<Swept>, Unreadable { key, error }: &Unreadable) {
    swept.borrow_mut().unreadable += 1;
    tracing::error!(order_id = key, %error, outcome = "unreadable", "order");
}

fn fail(swept: &RefCell<Swept>, error: &dyn std::error::Error) {
    swept.borrow_mut().failed += 1;
    tracing::warn!(%error, "a call of the sweep failed");
}
