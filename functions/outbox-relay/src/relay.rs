//! One sweep of the outbox: find pending orders, publish them, clear the pending flags of those that
//! SNS acknowledged.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use domain::OrderId;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use lambda_startup::time_to_work;
use store::{Outbox, Page, PendingOrder};
use telemetry::SpanContext;
use tokio::time::{Instant, timeout_at};
use topic::{OrderToPublish, PublishQueue, Republisher};

use crate::shards::Shards;
use crate::sweep_summary::SweepSummary;

/// What a sweep works with.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) outbox: Outbox,
    pub(crate) topic: Republisher,
    /// How old a pending flag must be, in seconds: older than the orders function can take to
    /// publish the order itself.
    pub(crate) age_seconds: u32,
}

/// The times of one sweep.
#[derive(Clone, Copy, Debug)]
struct Sweep {
    now: Timestamp,
    /// Orders that were placed later are left to the orders function.
    placed_until: Timestamp,
    deadline: Instant,
}

impl Relay {
    /// Publishes what one scan of the outbox finds, or what the shards have if there is more than a
    /// page. Nothing is tried twice: the next sweep is the retry.
    pub(crate) async fn run_until(&self, deadline: SystemTime) -> Result<SweepSummary, Error> {
        let now = Timestamp::now();
        let sweep = Sweep {
            now,
            placed_until: now.checked_sub(SignedDuration::from_secs(self.age_seconds.into()))?,
            deadline: Instant::now() + time_to_work(Some(deadline)),
        };
        let summary = self.sweep(sweep).await;
        summary.log();
        Ok(summary)
    }

    async fn sweep(&self, sweep: Sweep) -> SweepSummary {
        let mut summary = SweepSummary::default();
        let scan = self.outbox.scan_pending(sweep.placed_until);
        let Some(scanned) = sweep.in_time(scan, &mut summary).await else { return summary };
        let Some(Page { orders, unreadable, .. }) = scanned else {
            return self.sweep_shards(sweep, summary).await;
        };
        summary.add_unreadable(&unreadable);
        let mut queue = self.topic.queue();
        let _: Option<()> = self.publish(orders, &mut queue, sweep, &mut summary).await;
        summary
    }

    async fn sweep_shards(&self, sweep: Sweep, mut summary: SweepSummary) -> SweepSummary {
        if self.topic.is_fifo() {
            let _: Option<()> = self.sweep_in_order(sweep, &mut summary).await;
            return summary;
        }
        let shards = self.outbox.shards().map(|shard| self.sweep_shard(shard, sweep));
        for shard in join_all(shards).await {
            summary.add(&shard);
        }
        summary
    }

    async fn sweep_shard(&self, shard: u8, sweep: Sweep) -> SweepSummary {
        let mut summary = SweepSummary::default();
        let mut queue = self.topic.queue();
        let mut from = None;
        loop {
            let query = self.outbox.query_shard(shard, sweep.placed_until, from);
            let Some(page) = sweep.in_time(query, &mut summary).await else { return summary };
            let Page { orders, unreadable, next } = page;
            summary.add_unreadable(&unreadable);
            let published = self.publish(orders, &mut queue, sweep, &mut summary).await;
            from = published.and(next);
            if from.is_none() {
                return summary;
            }
        }
    }

    /// Publishes the orders of all shards, the oldest first. Returns `None` at the deadline or after
    /// a call failed.
    async fn sweep_in_order(&self, sweep: Sweep, summary: &mut SweepSummary) -> Option<()> {
        let mut shards = Shards::new(&self.outbox);
        let mut queue = self.topic.queue();
        loop {
            let unreadable = sweep.in_time(shards.fill(sweep.placed_until), summary).await?;
            summary.add_unreadable(&unreadable);
            let Some(oldest) = shards.take_oldest() else { return Some(()) };
            self.publish(oldest, &mut queue, sweep, summary).await?;
        }
    }

    /// Publishes orders and clears the pending flags of those that SNS acknowledged. Returns `None`
    /// at the deadline or after a call failed.
    async fn publish(
        &self,
        orders: Vec<PendingOrder>,
        queue: &mut PublishQueue<OrderToPublish>,
        sweep: Sweep,
        summary: &mut SweepSummary,
    ) -> Option<()> {
        summary.add_found(&orders, sweep.now);
        let (orders, contexts): (Vec<_>, HashMap<_, _>) =
            orders.into_iter().map(to_publish).unzip();
        queue.extend(orders);
        while let Some(batch) = queue.next_batch(Republisher::MAX_ORDERS) {
            let response = sweep.in_time(self.topic.publish_batch(&batch), summary).await?;
            queue.record_result(&batch, &response.acknowledged);
            report_rejected(&response.rejected, &contexts, summary);
            self.clear(response.acknowledged, &contexts, sweep, summary).await?;
        }
        Some(())
    }

    /// Returns `None` at the deadline.
    async fn clear(
        &self,
        acknowledged: HashSet<OrderId>,
        contexts: &HashMap<OrderId, SpanContext>,
        sweep: Sweep,
        summary: &mut SweepSummary,
    ) -> Option<()> {
        summary.published += acknowledged.len();
        let acknowledged: Vec<_> = acknowledged.into_iter().collect();
        let clear = async { Ok::<_, Error>(self.outbox.clear(&acknowledged).await) };
        let cleared = sweep.in_time(clear, summary).await?;
        for (id, cleared) in acknowledged.iter().zip(cleared) {
            let _span = contexts.get(id).map(|context| context.span().entered());
            match cleared {
                Ok(()) => {
                    summary.cleared += 1;
                    tracing::info!(order_id = %id, outcome = "published", "order");
                }
                Err(error) => {
                    summary.failed += 1;
                    tracing::warn!(order_id = %id, %error, outcome = "published_flag_pending", "order");
                }
            }
        }
        Some(())
    }
}

/// Logs and counts the orders that SNS rejected. They stay pending.
fn report_rejected(
    rejected: &HashMap<OrderId, String>,
    contexts: &HashMap<OrderId, SpanContext>,
    summary: &mut SweepSummary,
) {
    summary.failed += rejected.len();
    for (id, error) in rejected {
        let _span = contexts.get(id).map(|context| context.span().entered());
        tracing::warn!(order_id = %id, error, outcome = "publish_rejected", "order");
    }
}

impl Sweep {
    /// What the call returns; `None` if it failed or the deadline passed, which the summary counts.
    async fn in_time<T, E: std::fmt::Display>(
        self,
        call: impl Future<Output = Result<T, E>>,
        summary: &mut SweepSummary,
    ) -> Option<T> {
        match timeout_at(self.deadline, call).await {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                summary.failed += 1;
                tracing::warn!(%error, "a call of the sweep failed");
                None
            }
            Err(_) => {
                summary.cut_short = true;
                None
            }
        }
    }
}

/// The order continues the trace of the request that placed it.
fn to_publish(
    PendingOrder { order, trace }: PendingOrder,
) -> (OrderToPublish, (OrderId, SpanContext)) {
    let (id, context) = (order.id, SpanContext::child_of(trace));
    (OrderToPublish { order, trace: Some(context.trace()) }, (id, context))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU8;
    use std::time::Duration;

    use aws_mock::MockAws;
    use serde_json::{Value, json};

    fn row(id: OrderId, customer: &str, placed_at: &str) -> Value {
        json!({
            "id": {"S": id.to_string()}, "customer": {"S": customer}, "amount": {"N": "80"},
            "outbox": {"N": "0"}, "placed_at": {"S": placed_at},
        })
    }

    /// SNS accepts a part of a batch. What was placed after the other part waits for the next sweep.
    #[tokio::test]
    async fn fifo_order_waits_for_an_earlier_one_that_was_not_published() {
        let [ada_first, ada_later, bob] = [(); 3].map(|()| aws_mock::order("80.00").id);
        let rows = [
            row(ada_later, "Ada", "2026-11-22T10:00:02Z"),
            row(ada_first, "Ada", "2026-11-22T10:00:00Z"),
            row(bob, "Bob", "2026-11-22T10:00:01Z"),
        ];
        let nothing = (200, json!({"Items": []}).to_string());
        let refused = (400, "<ErrorResponse/>".to_owned());
        let acknowledged = format!("<member><Id>{bob}</Id><MessageId>1</MessageId></member>");
        let failed = format!("<member><Id>{ada_first}</Id><Code>InternalError</Code></member>");
        let published = format!(
            "<PublishBatchResponse><PublishBatchResult><Successful>{acknowledged}</Successful>\
             <Failed>{failed}</Failed></PublishBatchResult></PublishBatchResponse>"
        );
        let aws = MockAws::responding([
            nothing,
            refused,
            (200, json!({"Items": rows}).to_string()),
            (200, published),
            (200, json!({"Responses": [{"TableName": "orders"}]}).to_string()),
        ]);
        let outbox = Outbox::connect(&aws.sdk(), "orders".to_owned(), NonZeroU8::MIN).await;
        let topic = Republisher::connect(&aws.sdk(), "orders.fifo".to_owned()).await;
        let relay = Relay { outbox, topic, age_seconds: 0 };
        let summary = relay.run_until(SystemTime::now() + Duration::from_secs(10)).await.unwrap();
        assert_eq!((summary.found, summary.published, summary.cleared), (3, 1, 1));
        assert_eq!(summary.failed, 1, "SNS rejected one");
        let [_primed, _topic_primed, _scan, publish, _clear] = aws.requests();
        let form = publish.form();
        let id = |at: u8| form.get(&format!("PublishBatchRequestEntries.member.{at}.Id")).cloned();
        assert_eq!(
            [id(1), id(2), id(3)],
            [Some(ada_first.to_string()), Some(bob.to_string()), None]
        );
    }
}
