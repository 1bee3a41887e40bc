//! `ops orders unpublished`.

use anyhow::Result;
use domain::{Order, OrderId};
use jiff::Timestamp;
use serde::Serialize;
use store::{Audit, Unreadable};

use crate::context::Context;
use crate::outcome::Outcome;
use crate::output::{Row, age, count, say};
use crate::progress;
use crate::scan::each_row;

#[derive(Debug, Serialize)]
struct Unpublished {
    order_id: OrderId,
    placed_at: Timestamp,
    age_seconds: i64,
    #[serde(skip)]
    now: Timestamp,
}

impl Row for Unpublished {
    const HEAD: &'static [&'static str] = &["ORDER", "PLACED AT", "AGE"];

    fn cells(&self) -> Vec<String> {
        vec![self.order_id.to_string(), self.placed_at.to_string(), age(self.placed_at, self.now)]
    }
}

/// Lists the pending orders, the oldest first.
pub(crate) async fn unpublished(context: &Context) -> Result<Outcome> {
    let (audit, now) = (Audit::of(&context.sdk, context.tables()?), Timestamp::now());
    let spinner = progress::spinner("Reading the outbox");
    let (mut pending, mut unreadable) = (vec![], 0);
    let add = |row: Result<Order, Unreadable>| {
        spinner.inc(1);
        match row {
            Ok(order) => pending.push(Unpublished {
                order_id: order.id,
                placed_at: order.placed_at,
                age_seconds: now.as_second() - order.placed_at.as_second(),
                now,
            }),
            Err(row) => {
                unreadable += 1;
                spinner.suspend(|| say(format!("{}  {}: repair the row", row.key, row.error)));
            }
        }
        Ok(())
    };
    each_row(async |from| audit.pending(from).await, add).await?;
    spinner.finish_and_clear();
    pending.sort_by_key(|order| (order.placed_at, order.order_id));
    context.output.table(&pending)?;
    if pending.is_empty() && unreadable == 0 {
        say("Every order is published.");
        return Ok(Outcome::Fine);
    }
    let orders = count(u64::try_from(pending.len())? + unreadable, "order is", "orders are");
    say(format!("{orders} not known to be published. The relay tries every minute."));
    Ok(Outcome::NeedsAttention)
}
