//! `ops orders replay`: publishing `order.placed` again.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::RangeInclusive;

use anyhow::Result;
use domain::OrderId;
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde::Serialize;
use store::{Audit, SavedOrder, Unreadable};
use tokio::time::Instant;
use topic::{BatchResponse, OrderToPublish, Republisher};

use crate::context::Context;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::output::{count, say};
use crate::progress;

/// The result for one order.
#[derive(Debug, Serialize)]
struct Replayed {
    order_id: String,
    dry_run: bool,
    published: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Publishes the orders with these ids.
pub(crate) async fn of_ids(context: &Context, ids: Vec<OrderId>) -> Result<Outcome> {
    // DynamoDB rejects a batch with duplicate keys.
    let ids: Vec<_> = BTreeSet::from_iter(ids).into_iter().collect();
    let bar = progress::bar("Publishing", u64::try_from(ids.len())?);
    let mut replay = Replay::new(context, bar)?;
    let mut chunks = ids.chunks(Audit::MAX_ORDERS).peekable();
    while let Some(ids) = chunks.next() {
        let found = replay.audit.orders_by_id(ids).await?;
        let id_of = |row: &Result<SavedOrder, Unreadable>| match row {
            Ok(saved) => saved.order.id.to_string(),
            Err(unreadable) => unreadable.key.clone(),
        };
        let known: BTreeSet<_> = found.iter().map(id_of).collect();
        for unknown in ids.iter().map(ToString::to_string).filter(|id| !known.contains(id)) {
            replay.record(unknown, Some("there is no such order".to_owned()))?;
        }
        if !replay.page(found, chunks.peek().is_none()).await? {
            break;
        }
    }
    Ok(replay.end())
}

/// Publishes every order that was placed in a time range.
pub(crate) async fn of_time(
    context: &Context,
    placed: RangeInclusive<Timestamp>,
) -> Result<Outcome> {
    let mut replay = Replay::new(context, progress::spinner("Publishing"))?;
    let mut from = None;
    loop {
        let page = replay.audit.orders(from).await?;
        // A row that cannot be parsed may be in the range, so it is reported.
        let meant = |row: &Result<SavedOrder, Unreadable>| {
            row.as_ref().map_or(true, |saved| placed.contains(&saved.order.placed_at))
        };
        let orders = page.rows.into_iter().filter(meant).collect();
        from = page.next;
        if !replay.page(orders, from.is_none()).await? || from.is_none() {
            return Ok(replay.end());
        }
    }
}

struct Replay<'a> {
    context: &'a Context,
    /// Orders that are not published yet: on a FIFO topic, those of all pages so far.
    waiting: Vec<SavedOrder>,
    audit: Audit,
    topic: Republisher,
    interrupt: Interrupt,
    bar: ProgressBar,
    published: u64,
    failed: u64,
}

impl<'a> Replay<'a> {
    fn new(context: &'a Context, bar: ProgressBar) -> Result<Self> {
        Ok(Self {
            context,
            waiting: vec![],
            audit: Audit::of(&context.sdk, context.tables()?),
            topic: Republisher::patient(
                &context.sdk,
                context.stack.output("OrdersTopicArn")?.to_owned(),
            ),
            interrupt: Interrupt::listen()?,
            bar,
            published: 0,
            failed: 0,
        })
    }

    /// Publishes a page of orders. On a FIFO topic it waits for the last page, which may have the
    /// oldest order of a customer. Returns whether to continue: not after Ctrl-C, nor when a whole
    /// request to SNS fails.
    async fn page(
        &mut self,
        orders: Vec<Result<SavedOrder, Unreadable>>,
        is_last: bool,
    ) -> Result<bool> {
        for row in orders {
            match row {
                Ok(saved) => self.waiting.push(saved),
                Err(Unreadable { key, error }) => self.record(key, Some(error.to_string()))?,
            }
        }
        if self.topic.is_fifo() && !is_last {
            return Ok(!self.interrupt.requested());
        }
        let mut queue = self.topic.queue();
        queue.extend(self.waiting.drain(..));
        while let Some(batch) =
            queue.next_batch(self.context.rate_limit.at_once(Republisher::MAX_ORDERS))
        {
            if self.interrupt.requested() {
                return Ok(false);
            }
            let start = Instant::now();
            let Some(published) = self.batch(&batch).await? else { return Ok(false) };
            queue.record_result(&batch, &published);
            self.context.rate_limit.after(batch.len(), start).await;
        }
        for SavedOrder { order, .. } in queue.take_held_back() {
            let problem = "not published: an earlier order of its customer was not";
            self.record(order.id.to_string(), Some(problem.to_owned()))?;
        }
        Ok(true)
    }

    /// Publishes orders in one request, and returns the ids of those that SNS acknowledged; `None`
    /// if the request failed.
    async fn batch(&mut self, batch: &[SavedOrder]) -> Result<Option<HashSet<OrderId>>> {
        if self.context.dry_run {
            for SavedOrder { order, .. } in batch {
                self.record(order.id.to_string(), None)?;
            }
            return Ok(Some(batch.iter().map(|saved| saved.order.id).collect()));
        }
        let orders_to_publish = batch.iter().map(|SavedOrder { order, trace, .. }| {
            OrderToPublish { order: order.clone(), trace: *trace }
        });
        let orders_to_publish: Vec<_> = orders_to_publish.collect();
        let BatchResponse { acknowledged, rejected } = match self
            .topic
            .publish_batch(&orders_to_publish)
            .await
        {
            Ok(response) => response,
            Err(error) => {
                for SavedOrder { order, .. } in batch {
                    self.record(order.id.to_string(), Some(error.to_string()))?;
                }
                let not_tried = "A whole request to SNS failed: the orders after these were not tried. Run the command again later.";
                self.bar.suspend(|| say(not_tried));
                return Ok(None);
            }
        };
        for SavedOrder { order, publish_pending, .. } in batch {
            let problem = if let Some(code) = rejected.get(&order.id) {
                Some(format!("SNS rejected it: {code}"))
            } else if !acknowledged.contains(&order.id) {
                Some("SNS did not acknowledge it".to_owned())
            } else if *publish_pending {
                let cleared = self.audit.clear_pending_flag(order.id).await;
                let kept = "published, and still pending; the relay publishes it once more";
                cleared.err().map(|error| format!("{kept}: {error}"))
            } else {
                None
            };
            self.record(order.id.to_string(), problem)?;
        }
        Ok(Some(acknowledged))
    }

    /// Counts and prints the result for one order.
    fn record(&mut self, order_id: String, problem: Option<String>) -> Result<()> {
        let fine = problem.is_none();
        *(if fine { &mut self.published } else { &mut self.failed }) += 1;
        self.bar.inc(1);
        let dry_run = self.context.dry_run;
        let replayed = Replayed { order_id, dry_run, published: fine && !dry_run, problem };
        Ok(self.bar.suspend(|| self.context.output.line(&replayed))?)
    }

    fn end(self) -> Outcome {
        self.bar.finish_and_clear();
        let orders = count(self.published, "order", "orders");
        let would = if self.context.dry_run { "would be " } else { "" };
        say(format!("{orders} {would}published, {} failed.", self.failed));
        if self.failed > 0 {
            Outcome::Failed
        } else if self.interrupt.requested() {
            Outcome::Interrupted
        } else {
            Outcome::Fine
        }
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Some(problem) => write!(formatter, "{}  {problem}", self.order_id),
            None if self.dry_run => write!(formatter, "{}  would be published", self.order_id),
            None => write!(formatter, "{}  published", self.order_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    use aws_mock::MockAws;
    use serde_json::{Value, json};

    use crate::output::Output;
    use crate::rate_limit::RateLimit;
    use crate::stack::Stack;

    fn row(id: OrderId, customer: &str, placed_at: &str) -> Value {
        json!({
            "id": {"S": id.to_string()}, "customer": {"S": customer}, "amount": {"N": "80"},
            "placed_at": {"S": placed_at},
        })
    }

    fn answer(acknowledged: &[OrderId]) -> String {
        let member = |id| format!("<member><Id>{id}</Id><MessageId>1</MessageId></member>");
        let members: String = acknowledged.iter().map(member).collect();
        let result = format!("<Successful>{members}</Successful><Failed/>");
        format!(
            "<PublishBatchResponse><PublishBatchResult>{result}</PublishBatchResult></PublishBatchResponse>"
        )
    }

    /// Replays two pages on a FIFO topic, a customer's later order in the first one. Returns the
    /// outcome and the ids of each request.
    async fn replay<const REQUESTS: usize>(
        [ada_first, ada_later, bob]: [OrderId; 3],
        answers: Vec<String>,
    ) -> (Outcome, Vec<Vec<String>>) {
        let first = json!({
            "Items": [row(ada_later, "Ada", "2026-11-22T10:00:02Z")],
            "LastEvaluatedKey": {"id": {"S": ada_later.to_string()}},
        });
        let last = json!({"Items": [
            row(bob, "Bob", "2026-11-22T10:00:01Z"), row(ada_first, "Ada", "2026-11-22T10:00:00Z"),
        ]});
        let pages = [first.to_string(), last.to_string()];
        let aws = MockAws::responding(pages.into_iter().chain(answers).map(|body| (200, body)));
        let tables = ["OrdersTable", "FulfilmentTable", "PromotionTable", "InvoicingTable"];
        let outputs = tables.map(|name| (name, name)).into_iter();
        let keys = ("IdempotencyKeysTable", "IdempotencyKeysTable");
        let context = Context {
            sdk: aws.sdk(),
            stack: Stack::with_outputs(outputs.chain([keys, ("OrdersTopicArn", "orders.fifo")])),
            output: Output { json: true },
            dry_run: false,
            rate_limit: RateLimit::of(NonZeroU32::new(100).unwrap()),
        };
        let outcome = of_time(&context, Timestamp::UNIX_EPOCH..=Timestamp::now()).await.unwrap();
        let requests: [_; REQUESTS] = aws.requests();
        let ids = |form: std::collections::BTreeMap<String, String>| {
            let id = |at: usize| form.get(&format!("PublishBatchRequestEntries.member.{at}.Id"));
            (1..).map_while(|at| id(at).cloned()).collect()
        };
        (outcome, requests[2..].iter().map(|request| ids(request.form())).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn fifo_orders_of_all_pages_are_published_oldest_first() {
        let ids = [(); 3].map(|()| aws_mock::order("80.00").id);
        let [ada_first, ada_later, bob] = ids;
        let answers = vec![answer(&[ada_first, bob]), answer(&[ada_later])];
        let (outcome, published) = replay::<4>(ids, answers).await;
        assert!(matches!(outcome, Outcome::Fine));
        let first = vec![ada_first.to_string(), bob.to_string()];
        assert_eq!(published, [first, vec![ada_later.to_string()]]);
    }

    #[tokio::test(start_paused = true)]
    async fn fifo_order_behind_one_not_published_is_reported() {
        let ids = [(); 3].map(|()| aws_mock::order("80.00").id);
        let (outcome, published) = replay::<3>(ids, vec![answer(&[ids[2]])]).await;
        assert!(matches!(outcome, Outcome::Failed));
        assert_eq!(published.len(), 1, "the later order was published");
    }
}
