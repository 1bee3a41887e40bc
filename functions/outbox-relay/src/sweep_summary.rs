//! What a sweep found and did.

use jiff::Timestamp;
use metrique_writer::unit::{AsCount, AsSeconds};
use metrique_writer::{Entry, EntryWriter};
use serde::Serialize;
use store::{PendingOrder, Unreadable};

/// What a sweep found and did: the function's response, its metrics and its log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SweepSummary {
    /// Orders that were pending, and old enough.
    pub(crate) found: usize,
    /// Those of them that SNS acknowledged.
    pub(crate) published: usize,
    /// Those of them whose pending flag is gone. The next sweep publishes the others again.
    pub(crate) cleared: usize,
    /// The age of the oldest, in seconds.
    pub(crate) oldest_seconds: i64,
    /// Rows that are not orders.
    pub(crate) unreadable: usize,
    /// Calls that failed, and orders that SNS rejected.
    pub(crate) failed: usize,
    /// Whether the deadline ended the sweep.
    pub(crate) cut_short: bool,
}

impl SweepSummary {
    /// Calls that failed, orders that SNS rejected, and rows that are not orders.
    pub(crate) fn failures(&self) -> u64 {
        (self.failed + self.unreadable) as u64
    }

    pub(crate) fn add(&mut self, shard: &Self) {
        self.found += shard.found;
        self.published += shard.published;
        self.cleared += shard.cleared;
        self.oldest_seconds = self.oldest_seconds.max(shard.oldest_seconds);
        self.unreadable += shard.unreadable;
        self.failed += shard.failed;
        self.cut_short |= shard.cut_short;
    }

    pub(crate) fn add_found(&mut self, orders: &[PendingOrder], now: Timestamp) {
        self.found += orders.len();
        for PendingOrder { order, .. } in orders {
            let age = now.as_second() - order.placed_at.as_second();
            self.oldest_seconds = self.oldest_seconds.max(age);
        }
    }

    /// The rows block no other order. Only a person can repair them.
    pub(crate) fn add_unreadable(&mut self, rows: &[Unreadable]) {
        self.unreadable += rows.len();
        for Unreadable { key, error } in rows {
            tracing::error!(order_id = key, %error, outcome = "unreadable", "order");
        }
    }

    pub(crate) fn log(&self) {
        let Self { found, published, cleared, oldest_seconds, unreadable, failed, cut_short } =
            *self;
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
    }
}

impl Entry for SweepSummary {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        let count = |number: usize| AsCount::from(number as u64);
        // Omit the age after an incomplete scan: 0 would clear the alarm.
        let is_known = self.found > 0 || (self.failed == 0 && !self.cut_short);
        let oldest = AsSeconds::from(u64::try_from(self.oldest_seconds).unwrap_or_default());
        writer.value("Sweeps", &count(1));
        writer.value("OutboxFound", &count(self.found));
        writer.value("OutboxPublished", &count(self.published));
        writer.value("OutboxOldestAge", &is_known.then_some(oldest));
        writer.value("SweepFailures", &AsCount::from(self.failures()));
    }
}
