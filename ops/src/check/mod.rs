//! `ops check`: whether what was ordered is what was done.

mod filter;
mod finding;
mod reconcile;

use std::io;

use anyhow::{Context, Result};
use aws_sdk_sqs::Client;
use domain::{Coupon, OrderId};
use filter::AmountFilter;
use finding::Finding;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use reconcile::Reconciliation;
use store::{Audit, Next, SavedOrder, Scanned, StoreError, Unreadable};
use topic::Subscriptions;

use crate::operator::Operator;
use crate::outcome::Outcome;
use crate::output::{count, say};
use crate::progress;
use crate::queue::Queue;

/// Options of `ops check`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// How long an order may be on its way before it is missed, in seconds.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    grace: u32,
}

/// Reads everything and lists every difference.
pub(crate) async fn run(operator: &Operator, Options { grace }: Options) -> Result<Outcome> {
    let filter = filter_in_force(operator).await?;
    say(format!("Orders {filter} earn a coupon, says the subscription's filter policy."));
    // Counted from before the shipments are read: one that comes while they are read may be overlooked.
    let due_until = Timestamp::now().checked_sub(SignedDuration::from_secs(grace.into()))?;
    let audit = Audit::of(&operator.sdk, operator.tables()?);

    // Orders last: an order that is placed meanwhile is too young to be missed. The other way round, its shipment would
    // seem to belong to no order.
    let spinner = progress::spinner("Reading rows");
    let mut differences = 0;
    let mut tell = |finding: Finding| {
        differences += 1;
        spinner.suspend(|| operator.output.line(&finding))
    };
    let (shipped, unreadable) = all(&spinner, async |from| audit.shipped(from).await, &mut tell).await?;
    let shipped = shipped.into_iter().chain(unreadable).collect();
    let (invoiced, unreadable) = all(&spinner, async |from| audit.invoiced(from).await, &mut tell).await?;
    let invoiced = invoiced.into_iter().chain(unreadable).collect();
    let (coupons, unreadable) = all(&spinner, async |from| audit.coupons(from).await, &mut tell).await?;
    let rewarded = coupons.iter().map(|coupon| coupon.order_id).chain(unreadable).collect();
    let spent =
        coupons.into_iter().filter_map(|Coupon { order_id, code, spent_by, .. }| Some(((spent_by?, code), order_id)));
    let spent = spent.collect();
    let mut reconciliation = Reconciliation { shipped, invoiced, rewarded, spent, due_until };
    let (mut orders, mut from) = (0, None);
    loop {
        let page = audit.orders(from).await?;
        for row in page.rows {
            orders += 1;
            spinner.inc(1);
            match row {
                Ok(SavedOrder { order, .. }) => {
                    let findings = reconciliation.order(&order, filter.lets_through(order.total()));
                    findings.into_iter().try_for_each(&mut tell)?;
                }
                Err(unreadable) => tell(reconciliation.unreadable_order(&unreadable))?,
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    reconciliation.without_order().into_iter().try_for_each(&mut tell)?;
    spinner.finish_and_clear();
    let differences_told = count(differences, "difference", "differences");
    say(format!("{} compared, {differences_told}.", count(orders, "order", "orders")));
    Ok(if differences == 0 { Outcome::Fine } else { Outcome::NeedsAttention })
}

/// What the topic lets through to promotion's queue now. The template says what it should be; this is what it is.
async fn filter_in_force(operator: &Operator) -> Result<AmountFilter> {
    let url = operator.stack.output("PromotionQueueUrl")?.to_owned();
    let queue = Queue { client: Client::new(&operator.sdk), url };
    let topic = operator.stack.output("OrdersTopicArn")?.to_owned();
    let filter = Subscriptions::of(&operator.sdk, topic).filter_of(&queue.arn().await?).await?;
    let filter = filter.context("promotion's queue is not subscribed to the topic: no order can earn a coupon")?;
    AmountFilter::read(&filter)
}

/// All rows of a subscriber's table; and the ids of those that cannot be read, which are told, and count as done: such a
/// row keeps the order's real one from being inserted.
async fn all<T>(
    spinner: &ProgressBar,
    page: impl AsyncFn(Option<Next>) -> Result<Scanned<Result<T, Unreadable>>, StoreError>,
    tell: &mut impl FnMut(Finding) -> io::Result<()>,
) -> Result<(Vec<T>, Vec<OrderId>)> {
    let (mut all, mut unreadable_ids, mut from) = (vec![], vec![], None);
    loop {
        let Scanned { rows, next } = page(from).await?;
        for row in rows {
            spinner.inc(1);
            match row {
                Ok(row) => all.push(row),
                Err(unreadable) => {
                    tell(Finding::unreadable(&unreadable))?;
                    unreadable_ids.extend(unreadable.key.parse::<OrderId>().ok());
                }
            }
        }
        if next.is_none() {
            return Ok((all, unreadable_ids));
        }
        from = next;
    }
}
