//! `ops check`: compares orders with shipments, invoices and coupons.

mod finding;
mod reconcile;

use std::collections::HashSet;

use anyhow::Result;
use domain::{Code, Coupon, OrderId};
use finding::Finding;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use reconcile::Reconciliation;
use store::{Audit, Next, SavedOrder, Scanned, StoreError, Unreadable};

use crate::amount_filter::AmountFilter;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::output::{Output, count, say};
use crate::progress;
use crate::scan::each_row;
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
    // shipment would seem orphaned.
    let spinner = progress::spinner("Reading rows");
    let mut report = Report { output: context.output, spinner, differences: 0, missing: 0 };
    let shipped = report.read_all(async |from| audit.shipped(from).await).await?;
    let invoiced = report.read_all(async |from| audit.invoiced(from).await).await?;
    let coupons = report.read_all(async |from| audit.coupons(from).await).await?;
    let mut reconciliation = Reconciliation {
        shipped: shipped.order_ids(|id| *id),
        invoiced: invoiced.order_ids(|id| *id),
        rewarded: coupons.order_ids(|coupon| coupon.order_id),
        spent: coupons.readable.into_iter().filter_map(spent).collect(),
        due: since.unwrap_or(Timestamp::MIN)..=due_until,
    };
    let mut orders = 0;
    let reconcile = |row| {
        orders += 1;
        report.spinner.inc(1);
        match row {
            Ok(SavedOrder { order, .. }) => {
                let earns_coupon = filter.lets_through(order.total());
                report.add_all(&reconciliation.order(&order, earns_coupon))
            }
            Err(unreadable) => report.add(&reconciliation.unreadable_order(&unreadable)),
        }
    };
    each_row(async |from| audit.orders(from).await, reconcile).await?;
    report.add_all(&reconciliation.without_order())?;

    let Report { spinner, differences, missing, .. } = report;
    spinner.finish_and_clear();
    let orders = count(orders, "order", "orders");
    say(format!("{orders} compared, {}.", count(differences, "difference", "differences")));
    if missing > 0 && since.is_none() {
        say("Orders from before a subscriber existed are listed too; --since leaves them out.");
    }
    Ok(if differences == 0 { Outcome::Fine } else { Outcome::NeedsAttention })
}

/// The order that a coupon is spent on, with its code; and the order that earned it.
fn spent(Coupon { order_id, code, spent_by, .. }: Coupon) -> Option<((OrderId, Code), OrderId)> {
    Some(((spent_by?, code), order_id))
}

/// Prints findings and counts them.
struct Report {
    output: Output,
    spinner: ProgressBar,
    differences: u64,
    missing: u64,
}

impl Report {
    fn add(&mut self, finding: &Finding) -> Result<()> {
        self.differences += 1;
        self.missing += u64::from(finding.difference.is_missing());
        Ok(self.spinner.suspend(|| self.output.line(finding))?)
    }

    fn add_all(&mut self, findings: &[Finding]) -> Result<()> {
        findings.iter().try_for_each(|finding| self.add(finding))
    }

    /// Reads a subscriber's table and reports the rows that cannot be parsed.
    async fn read_all<T>(
        &mut self,
        page: impl AsyncFn(Option<Next>) -> Result<Scanned<Result<T, Unreadable>>, StoreError>,
    ) -> Result<Rows<T>> {
        let (mut readable, mut unreadable_ids) = (vec![], vec![]);
        let add = |row| {
            self.spinner.inc(1);
            match row {
                Ok(row) => readable.push(row),
                Err(unreadable) => {
                    self.add(&Finding::unreadable(&unreadable))?;
                    unreadable_ids.extend(unreadable.key.parse::<OrderId>().ok());
                }
            }
            Ok(())
        };
        each_row(page, add).await?;
        Ok(Rows { readable, unreadable_ids })
    }
}

/// All rows of a subscriber's table.
struct Rows<T> {
    readable: Vec<T>,
    /// The orders of rows that cannot be parsed.
    unreadable_ids: Vec<OrderId>,
}

impl<T> Rows<T> {
    /// The orders that have a row. One that cannot be parsed counts: it blocks the insert of a
    /// correct one.
    fn order_ids(&self, id: impl Fn(&T) -> OrderId) -> HashSet<OrderId> {
        self.readable.iter().map(id).chain(self.unreadable_ids.iter().copied()).collect()
    }
}
