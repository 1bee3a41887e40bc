//! `ops trace`: one order's steps, with the time of each.

mod logs;
mod step;

use anyhow::{Result, bail};
use domain::{Invoice, OrderId, OrderView};
use jiff::{SignedDuration, Timestamp};
use step::{FULFILMENT_TABLE, INVOICING_TABLE, ORDERS_TABLE, Shown, Source, Step};
use store::Audit;

use crate::amount_filter::AmountFilter;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::output::say;
use crate::progress;

/// Options of `ops trace`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// The order's id.
    #[arg(value_name = "ID")]
    id: OrderId,
    /// How many hours of logs to search, from the time of the order. AWS charges for the amount
    /// searched.
    #[arg(long, default_value_t = 24, value_name = "HOURS")]
    hours: u16,
}

/// A log's timestamp may be a little earlier than the table's.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// Reads the tables and the functions' logs, and prints the order's steps in order.
pub(crate) async fn run(context: &Context, Options { id, hours }: Options) -> Result<Outcome> {
    let audit = Audit::of(&context.sdk, context.tables()?);
    let Some(order) = audit.order_view(id).await? else {
        bail!("there is no order {id} in this stack");
    };
    let invoice = audit.invoice(id).await?;
    let spinner = progress::spinner("Searching the logs");
    let until = order
        .placed_at
        .checked_add(SignedDuration::from_hours(hours.into()))?
        .min(Timestamp::now());
    let logged = logs::of_order(context, id, order.placed_at.checked_sub(BEFORE)?..=until).await?;
    spinner.finish_and_clear();

    let steps = from_tables(&order, invoice.as_ref()).into_iter().chain(logged).collect();
    context.output.table(&Shown::in_order(steps))?;
    let filter = AmountFilter::in_force(context).await;
    if let Err(error) = &filter {
        say(format!("Whether it must have a coupon is not known: {error:#}"));
    }
    let earns_coupon = filter.as_ref().is_ok_and(|filter| filter.lets_through(order.total));
    let missing = missing(&order, invoice.as_ref(), earns_coupon);
    if missing.is_empty() {
        let coupon = if order.coupon.is_some() { ", and has earned a coupon" } else { "" };
        say(format!("It is shipped and invoiced{coupon}."));
        let is_known = filter.is_ok() || order.coupon.is_some();
        return Ok(if is_known { Outcome::Fine } else { Outcome::Failed });
    }
    say(format!("It has {}: see docs/runbooks/orders-are-late.md", missing.join(", ")));
    Ok(Outcome::NeedsAttention)
}

fn from_tables(order: &OrderView, invoice: Option<&Invoice>) -> Vec<Step> {
    let step = |time, table, what: &str| Step {
        time,
        source: Source::Table(table),
        what: what.to_owned(),
    };
    let placed = step(order.placed_at, ORDERS_TABLE, "saved");
    let shipped = order
        .shipment
        .as_ref()
        .map(|shipment| step(shipment.shipped_at, FULFILMENT_TABLE, "shipped"));
    let invoiced = invoice.map(|invoice| step(invoice.issued_at, INVOICING_TABLE, "invoiced"));
    [Some(placed), shipped, invoiced].into_iter().flatten().collect()
}

/// What the order should have and lacks.
fn missing(order: &OrderView, invoice: Option<&Invoice>, earns_coupon: bool) -> Vec<&'static str> {
    [
        (order.shipment.is_none(), "no shipment"),
        (invoice.is_none(), "no invoice"),
        (earns_coupon && order.coupon.is_none(), "no coupon"),
    ]
    .into_iter()
    .filter_map(|(is_missing, what)| is_missing.then_some(what))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Code, Coupon, Order, Shipment};

    #[test]
    fn missing_effects_of_an_order_are_listed() {
        let order = Order {
            id: OrderId::NIL,
            customer: "Ada".parse().unwrap(),
            amount: "80".parse().unwrap(),
            discount: None,
            placed_at: Timestamp::UNIX_EPOCH,
        };
        let invoice = Invoice { order_id: order.id, number: 1.into(), issued_at: order.placed_at };
        let coupon = Coupon::earned_by(order.id, Code::from_entropy([0; 12]), order.placed_at);
        let shipment = Shipment {
            order_id: order.id,
            tracking_number: Code::from_entropy([0; 12]),
            shipped_at: order.placed_at,
        };
        let view = |shipment, coupon| OrderView::new(order.clone(), shipment, coupon);
        let complete = view(Some(shipment.clone()), Some(coupon.clone()));
        assert_eq!(missing(&complete, Some(&invoice), true), [""; 0]);
        assert_eq!(missing(&complete, None, true), ["no invoice"]);
        assert_eq!(missing(&view(None, Some(coupon)), Some(&invoice), true), ["no shipment"]);
        let unrewarded = view(Some(shipment), None);
        assert_eq!(missing(&unrewarded, Some(&invoice), true), ["no coupon"]);
        assert_eq!(missing(&unrewarded, Some(&invoice), false), [""; 0]);
        assert_eq!(
            missing(&view(None, None), None, true),
            ["no shipment", "no invoice", "no coupon"]
        );
    }
}
