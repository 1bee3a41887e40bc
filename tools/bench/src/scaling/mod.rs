//! docs/reports/scaling.md: from one order a second to 100,000.

mod model;

use std::fmt::Write;
use std::fs;

use anyhow::Result;
use devstack::root;

use crate::result::Run;
use crate::statistics;
use model::{ASSUMED, Item, Limit, Measures, batch_at, bill, drain_seconds, limits};

const PAGE: &str = "docs/reports/scaling.md";
const STEPS: [f64; 6] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0];
const BACKLOG: f64 = 10_000_000.0;
/// Numbers of concurrent fulfilment batches for working off a backlog: the template's, and up to
/// Lambda's maximum for a queue.
const AT_ONCE: [f64; 4] = [10.0, 100.0, 500.0, 1_000.0];
const SECONDS_A_MONTH: f64 = 30.0 * 24.0 * 3_600.0;

/// Writes the page from a run, or nothing if the run lacks what the model needs.
pub(crate) fn write(run: &Run) -> Result<()> {
    let Some(measures) = Measures::of(run) else { return Ok(()) };
    fs::write(root().join(PAGE), page(run, measures)?)?;
    println!("Written: {PAGE}");
    Ok(())
}

fn page(run: &Run, measures: Measures) -> Result<String> {
    let mut page = format!(
        "{HEAD}\n\nDurations and logs are measured, by `cargo xtask bench` at {}. Assumed:\n\n",
        run.commit
    );
    for assumption in ASSUMED {
        writeln!(page, "- {assumption}")?;
    }
    let (orders, subscriber) = (measures.orders_ms, measures.subscriber_ms);
    writeln!(
        page,
        "\nSo an invocation of orders lasts {orders:.1} ms, one of fulfilment {subscriber:.1} ms.\n"
    )?;
    steps(&mut page, measures)?;
    bills(&mut page, measures)?;
    writeln!(
        page,
        "\n## A backlog of 10 million messages\n\n{BACKLOG_TEXT}\n\n| batches at once | time |\n|--:|--:|"
    )?;
    for most in AT_ONCE {
        writeln!(page, "| {most:.0} | {:.0} min |", drain_seconds(measures, BACKLOG, most) / 60.0)?;
    }
    Ok(page)
}

fn steps(page: &mut String, measures: Measures) -> Result<()> {
    let limits = limits(measures);
    writeln!(
        page,
        "## What binds\n\n| Limit | carries orders a second | what to change |\n|---|--:|---|"
    )?;
    for limit in &limits {
        let Limit { what, change, source, .. } = limit;
        writeln!(
            page,
            "| {what} ([source]({source})) | {} | {change} |",
            grouped(limit.carries())
        )?;
    }
    writeln!(
        page,
        "\n{NOT_LISTED}\n\n| orders a second | what has to be changed, first things first | $ a month |"
    )?;
    writeln!(page, "|--:|---|--:|")?;
    for rate in STEPS {
        let binding = limits.iter().filter(|limit| limit.carries() < rate);
        let binding: Vec<_> =
            binding.map(|limit| limit.what.split(':').next().unwrap_or(limit.what)).collect();
        let binding = if binding.is_empty() { "nothing".to_owned() } else { binding.join("; ") };
        let million: f64 = bill(measures, batch_at(rate)).iter().map(Item::cost).sum();
        let month = grouped(million * rate * SECONDS_A_MONTH / 1e6);
        writeln!(page, "| {} | {binding} | {month} |", grouped(rate))?;
    }
    Ok(())
}

fn bills(page: &mut String, measures: Measures) -> Result<()> {
    let (alone, full) = (bill(measures, 1.0), bill(measures, 10.0));
    writeln!(page, "\n## What a million orders cost\n")?;
    writeln!(
        page,
        "| | $ a million | an order uses, in full batches | $, in full batches | $, one by one |"
    )?;
    writeln!(page, "|---|--:|--:|--:|--:|")?;
    for (Item { what, per_order, price, source }, alone) in full.iter().zip(&alone) {
        let (cost, one) = (per_order * price, alone.cost());
        writeln!(
            page,
            "| {what} ([source]({source})) | {price} | {} | {cost:.2} | {one:.2} |",
            shown(*per_order)
        )?;
    }
    let sum = |items: &[Item]| items.iter().map(Item::cost).sum::<f64>();
    writeln!(page, "| **together** | | | **{:.2}** | **{:.2}** |", sum(&full), sum(&alone))?;
    Ok(())
}

const HEAD: &str = "\
# How far it goes, and what it costs

Written by `cargo xtask bench` from its model (`tools/bench/src/scaling/model.rs`); not by hand. Quotas are AWS's defaults; most are
raised on request. It has not been run at these rates: this says where to look first.";

const NOT_LISTED: &str = "\
Standard queues have no limit that binds here. The relay looks into the outbox once a minute, whatever the rate. A request with
an idempotency key writes two items in a transaction, 4 write units instead of 1. A look at an order is a request more, and
three read units. Orders answers before it publishes: a client that sends its next order in those milliseconds occupies a second
environment, as two clients do.";

const BACKLOG_TEXT: &str = "\
Fulfilment with batches of ten. Lambda starts with five batches at once and adds up to 300 a minute
([source](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)), up to the source's MaximumConcurrency, 10 in the
template. Messages are kept for four days.";

fn shown(quantity: f64) -> String {
    if quantity < 0.01 { format!("{quantity:.5}") } else { format!("{quantity:.3}") }
}

/// A whole number with commas.
fn grouped(number: f64) -> String {
    statistics::grouped(&format!("{number:.0}"), ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_have_commas() {
        assert_eq!([999.0, 1_000.0, 1_234_567.4].map(grouped), ["999", "1,000", "1,234,567"]);
    }
}
