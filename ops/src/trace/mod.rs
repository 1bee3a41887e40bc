//! `ops trace`: one order's way, with the time at each step.

mod logs;
mod step;

use anyhow::{Result, bail};
use domain::{OrderId, OrderView, Status};
use jiff::{SignedDuration, Timestamp};
use step::{ORDERS, SHIPMENTS, Shown, Source, Step};
use store::Audit;

use crate::operator::Operator;
use crate::outcome::Outcome;
use crate::output::say;
use crate::progress;

/// Options of `ops trace`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// The order's id.
    #[arg(value_name = "ID")]
    id: OrderId,
    /// How long after it was placed to look through the logs, in hours. Looking is paid for by what is looked through.
    #[arg(long, default_value_t = 24, value_name = "HOURS")]
    hours: u16,
}

/// Logs may be stamped a little before what is in the table.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// Reads the tables and the functions' logs, and puts what they say of the order in order.
pub(crate) async fn run(operator: &Operator, Options { id, hours }: Options) -> Result<Outcome> {
    let Some(order) = Audit::of(&operator.sdk, operator.tables()?).whole(id).await? else {
        bail!("there is no order {id} in this stack");
    };
    let spinner = progress::spinner("Looking through the logs");
    let until = order.placed_at.checked_add(SignedDuration::from_hours(hours.into()))?.min(Timestamp::now());
    let logged = logs::of_order(operator, id, order.placed_at.checked_sub(BEFORE)?..=until).await?;
    spinner.finish_and_clear();

    let steps = from_tables(&order).into_iter().chain(logged).collect();
    operator.output.table(&Shown::in_order(steps))?;
    say(summary(&order));
    Ok(if order.status == Status::Fulfilled { Outcome::Fine } else { Outcome::NeedsAttention })
}

fn from_tables(order: &OrderView) -> Vec<Step> {
    let step = |time, table, what: &str| Step { time, source: Source::Table(table), what: what.to_owned() };
    let placed = step(order.placed_at, ORDERS, "saved");
    let shipped = order.shipment.as_ref().map(|shipment| step(shipment.shipped_at, SHIPMENTS, "shipped"));
    [Some(placed), shipped].into_iter().flatten().collect()
}

fn summary(order: &OrderView) -> String {
    let coupon = if order.coupon.is_some() { ", and has earned a coupon" } else { "" };
    match order.status {
        Status::Fulfilled => format!("It is fulfilled{coupon}."),
        Status::Placed => format!("It is NOT fulfilled{coupon}: see docs/runbooks/orders-are-late.md"),
    }
}
