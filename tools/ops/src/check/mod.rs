//! `ops check`: compares orders with shipments, invoices and coupons.

mod finding;
mod reconcile;

use std::io;

use anyhow::Result;
use domain::{Coupon, OrderId};
use finding::Finding;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use reconcile::Reconciliation;
use store::{Audit, Next, SavedOrder, Scanned, StoreError, Unreadable};

use crate::amount_filter::AmountFilter;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::output::{count, say};
use crate::progress;
use crate::when::when;

/// Options of `ops check`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// The grace period in seconds: younger orders may lack rows.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    grace: u32,
    /// Ignore missing rows of orders placed before this: a time (2026-11-22T10:00:00Z) or a
    /// duration (2h). Use it when a subscriber is newer than the first orders.
    #[arg(long, value_parser = when, value_name = "WHEN")]
    since: Option<Timestamp>,
}

/// Reads all tables and lists every difference.
pub(crate) async fn run(context: &Context, Options { grace, since }: Options) -> Result<Outcome> {
    let filter = AmountFilter::in_force(context).await?;
    say(format!("Orders {filter} earn a coupon, says the subscription's filter policy."));
    // Taken before the shipments are read: a shipment that is inserted during the read may be
    // missed.
    let due_until = Timestamp::now().checked_sub(SignedDuration::from_secs(grace.into()))?;
    let audit = Audit::of(&context.sdk, context.tables()?);

    // Orders are read last: one placed meanwhile is younger than the grace period. Read first, its
    // shipment would look orphaned.
    let spinner = progress::spinner("Reading rows");
    let (mut differences, mut missing) = (0, 0);
    let mut report = |finding: Finding| {
        differences += 1;
        missing += u64::from(finding.difference.is_missing());
        spinner.suspend(|| context.output.line(&finding))
    };
    let (shipped, unreadable) =
        all(&spinner, async |from| audit.shipped(from).await, &mut report).await?;
    let shipped = shipped.into_iter().chain(unreadable).collect();
    let (invoiced, unreadable) =
        all(&spinner, async |from| audit.invoiced(from).await, &mut report).await?;
    let invoiced = invoiced.into_iter().chain(unreadable).collect();
    let (coupons, unreadable) =
        all(&spinner, async |from| audit.coupons(from).await, &mut report).await?;
    let rewarded = coupons.iter().map(|coupon| coupon.order_id).chain(unreadable).collect();
    let spent = coupons
        .into_iter()
        .filter_map(|Coupon { order_id, code, spent_by, .. }| Some(((spent_by?, code), order_id)));
    let spent = spent.collect();
    let due = since.unwrap_or(Timestamp::MIN)..=due_until;
    let mut reconciliation = Reconciliation { shipped, invoiced, rewarded, spent, due };
    let (mut orders, mut from) = (0, None);
    loop {
        let page = audit.orders(from).await?;
        for row in page.rows {
            orders += 1;
            spinner.inc(1);
            match row {
                Ok(SavedOrder { order, .. }) => {
                    let findings = reconciliation.order(&order, filter.lets_through(order.total()));
                    findings.into_iter().try_for_each(&mut report)?;
                }
                Err(unreadable) => report(reconciliation.unreadable_order(&unreadable))?,
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    reconciliation.without_order().into_iter().try_for_each(&mut report)?;
    spinner.finish_and_clear();
    let differences_told = count(differences, "difference", "differences");
    say(format!("{} compared, {differences_told}.", count(orders, "order", "orders")));
    if missing > 0 && since.is_none() {
        say("Orders from before a subscriber existed are listed too; --since leaves them out.");
    }
    Ok(if differences == 0 { Outcome::Fine } else { Outcome::NeedsAttention })
}

/// All rows of a subscriber's table, and the ids of rows that cannot be parsed. Those are reported
/// and count as done: such a row blocks the insert of a correct one.
async fn all<T>(
    spinner: &ProgressBar,
    page: impl AsyncFn(Option<Next>) -> Result<Scanned<Result<T, Unreadable>>, StoreError>,
    report: &mut impl FnMut(Finding) -> io::Result<()>,
) -> Result<(Vec<T>, Vec<OrderId>)> {
    let (mut all, mut unreadable_ids, mut from) = (vec![], vec![], None);
    loop {
        let Scanned { rows, next } = page(from).await?;
        for row in rows {
            spinner.inc(1);
            match row {
                Ok(row) => all.push(row),
                Err(unreadable) => {
                    report(Finding::unreadable(&unreadable))?;
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
