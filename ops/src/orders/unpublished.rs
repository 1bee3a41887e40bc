//! `ops orders unpublished`.

use std::num::NonZeroU8;

use anyhow::{Context, Result};
use domain::OrderId;
use jiff::Timestamp;
use serde::Serialize;
use store::{Outbox, Unannounced};

use crate::operator::Operator;
use crate::outcome::Outcome;
use crate::output::{Row, age, count, say};
use crate::progress;

#[derive(Debug, Serialize)]
struct Marked {
    order_id: OrderId,
    placed_at: Timestamp,
    age_seconds: i64,
    #[serde(skip)]
    now: Timestamp,
}

impl Row for Marked {
    const HEAD: &'static [&'static str] = &["ORDER", "PLACED AT", "AGE"];

    fn cells(&self) -> Vec<String> {
        vec![self.order_id.to_string(), self.placed_at.to_string(), age(self.placed_at, self.now)]
    }
}

/// The outbox of the stack, with as many shards as it was deployed with.
pub(crate) fn outbox(operator: &Operator) -> Result<Outbox> {
    let shards: NonZeroU8 = operator
        .stack
        .output("OutboxShards")?
        .parse()
        .context("the stack's output OutboxShards is no number of shards")?;
    Ok(Outbox::patient(&operator.sdk, operator.tables()?.orders, shards))
}

/// Lists the marked orders, the oldest first.
pub(crate) async fn unpublished(operator: &Operator) -> Result<Outcome> {
    let (outbox, now) = (outbox(operator)?, Timestamp::now());
    let spinner = progress::spinner("Reading the outbox");
    let mut marked = vec![];
    for shard in outbox.shards() {
        let mut from = None;
        loop {
            let page = outbox.marked_until(shard, now, from).await?;
            spinner.inc(u64::try_from(page.orders.len())?);
            marked.extend(page.orders.into_iter().map(|Unannounced { order, .. }| Marked {
                order_id: order.id,
                placed_at: order.placed_at,
                age_seconds: now.as_second() - order.placed_at.as_second(),
                now,
            }));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    spinner.finish_and_clear();
    marked.sort_by_key(|order| (order.placed_at, order.order_id));
    operator.output.table(&marked)?;
    if marked.is_empty() {
        say("Every order is announced.");
        return Ok(Outcome::Fine);
    }
    let orders = count(u64::try_from(marked.len())?, "order is", "orders are");
    say(format!("{orders} not known to be announced. The relay tries every minute."));
    Ok(Outcome::NeedsAttention)
}
