//! docs/reports/scaling.md: what limits the rate of orders, and what orders cost.

mod backlog;
mod fixed_cost;
mod limits;
mod measures;
mod model;
mod order_cost;
mod prices;
mod prose;
mod stack;
mod stored_rows;
mod write_units;

use std::fmt::Write;
use std::fs;

use anyhow::Result;
use devstack::root;

use crate::result::Run;
use crate::statistics;
use backlog::Worker;
use fixed_cost::Fixed;
use limits::{Limit, WRITES_OF_A_ROW};
use measures::Measures;
use model::{FULL_FROM, Model, SECONDS_A_MONTH, cycle_seconds};
use order_cost::Item;
use prices::MILLION;
use stack::Stack;
use write_units::REQUESTS;

const PAGE: &str = "docs/reports/scaling.md";
const STEPS: [f64; 6] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0];
const HALF_A_CENT: f64 = 0.005;
const BACKLOG: f64 = 10_000_000.0;
/// Numbers of batches at once for working off a backlog: the template's, and up to the most that
/// `MaximumConcurrency` can be.
const AT_ONCE: [f64; 4] = [10.0, 100.0, 500.0, 1_000.0];

/// Writes the page from a run, or nothing if the run lacks a function.
pub(crate) fn write(run: &Run) -> Result<()> {
    let Some(page) = page(run)? else { return Ok(()) };
    fs::write(root().join(PAGE), page)?;
    println!("Written: {PAGE}");
    Ok(())
}

fn page(run: &Run) -> Result<Option<String>> {
    let Some(measures) = Measures::of(run) else { return Ok(None) };
    let model = Model { measures, stack: Stack::read()? };
    let mut page = String::new();
    head(&mut page, run, &model)?;
    limits_of(&mut page, &model)?;
    write!(page, "{}", prose::after_limits(&model))?;
    write_units_of(&mut page, &model)?;
    order_costs(&mut page, &model)?;
    fixed_costs(&mut page, &model)?;
    months(&mut page, &model)?;
    backlogs(&mut page, &model)?;
    writeln!(page, "\n{}", prose::FIFO)?;
    Ok(Some(page))
}

fn head(page: &mut String, run: &Run, model: &Model) -> Result<()> {
    writeln!(page, "{}\n", prose::HEAD)?;
    writeln!(page, "{}\n", prose::measured(&run.commit))?;
    writeln!(page, "| function | billed, ms | logs, bytes |\n|---|--:|--:|")?;
    let Measures { orders, subscribers, relay } = &model.measures;
    let batches = subscribers.iter().map(|of| (format!("{}, ten orders", of.name), &of.batch));
    let orders = [("orders: `POST`".to_owned(), orders)];
    let relay = [("outbox-relay, nothing to do".to_owned(), relay)];
    for (name, measured) in orders.into_iter().chain(batches).chain(relay) {
        writeln!(page, "| {name} | {:.1} | {:.0} |", measured.billed_ms, measured.log_bytes)?;
    }
    writeln!(page, "\n{}", prose::ASSUMED)?;
    Ok(())
}

fn limits_of(page: &mut String, model: &Model) -> Result<()> {
    writeln!(page, "\n## Limits\n\n{}\n", prose::LIMITS)?;
    writeln!(page, "| Limit | orders a second, batches of ten | of one | what to change |")?;
    writeln!(page, "|---|--:|--:|---|")?;
    for limit in limits::limits(model) {
        let Limit { what, change, source, full_batches, one_by_one } = limit;
        let [full, one] = [full_batches, one_by_one].map(grouped);
        writeln!(page, "| {what} ([source]({source})) | {full} | {one} | {change} |")?;
    }
    Ok(())
}

fn write_units_of(page: &mut String, model: &Model) -> Result<()> {
    let full = model.stack.batch_size;
    let titles = REQUESTS.map(|request| request.title).join(" | ");
    writeln!(page, "\n## DynamoDB's units of an order\n\n{}\n", prose::WRITE_UNITS)?;
    writeln!(
        page,
        "| Write, in batches of ten | {titles} |\n|---|{}",
        "--:|".repeat(REQUESTS.len())
    )?;
    let columns = REQUESTS.map(|request| write_units::writes(request, full));
    for (at, write) in columns[0].iter().enumerate() {
        let units = columns.each_ref().map(|column| shown_units(column[at].units));
        writeln!(page, "| {} | {} |", write.what, units.join(" | "))?;
    }
    for (what, batch) in [("in batches of ten", full), ("one by one", 1.0)] {
        let totals =
            REQUESTS.map(|request| format!("**{:.1}**", write_units::total(request, batch)));
        writeln!(page, "| **together, {what}** | {} |", totals.join(" | "))?;
    }
    writeln!(page, "\n{}", prose::after_write_units(model))?;
    Ok(())
}

fn order_costs(page: &mut String, model: &Model) -> Result<()> {
    let [full, single] = [FULL_FROM, 1.0].map(|rate| order_cost::items(model, model.load(rate)));
    writeln!(
        page,
        "\n## What a million orders cost\n\n{}\n",
        prose::order_cost(model.measures.deliveries())
    )?;
    writeln!(
        page,
        "| | $ a million | used by an order, at 1,000 a second | $ | at 1 a second | $ |"
    )?;
    writeln!(page, "|---|--:|--:|--:|--:|--:|")?;
    for (Item { what, per_order, price }, one) in full.iter().zip(&single) {
        let [full, single] = [*per_order, one.per_order].map(shown);
        let [cost, one] = [price.of(per_order * MILLION), one.cost()];
        let (source, dollars) = (price.source, price.dollars);
        writeln!(
            page,
            "| {what} ([source]({source})) | {dollars} | {full} | {cost:.2} | {single} | {one:.2} |"
        )?;
    }
    let [full, single] = [&full, &single].map(|items| order_cost::sum(items));
    writeln!(page, "| **together** | | | **{full:.2}** | | **{single:.2}** |")?;
    writeln!(page, "\n{}", prose::after_order_cost(stored_rows::bytes_per_order()?))?;
    Ok(())
}

fn fixed_costs(page: &mut String, model: &Model) -> Result<()> {
    let items = fixed_cost::items(model);
    writeln!(page, "\n## What a month costs without orders\n\n{}\n", prose::FIXED_COST)?;
    writeln!(page, "| | a month | $ |\n|---|--:|--:|")?;
    for item in items.iter().filter(|item| item.cost() >= HALF_A_CENT) {
        let Fixed { what, quantity, price } = item;
        let (quantity, cost) = (grouped(*quantity), item.cost());
        writeln!(page, "| {what} ([source]({})) | {quantity} | {cost:.2} |", price.source)?;
    }
    writeln!(page, "| **together** | | **{:.2}** |", fixed_cost::sum(&items))?;
    writeln!(page, "\n{}", prose::after_fixed_cost(fixed_cost::with_own_key(model)))?;
    Ok(())
}

fn months(page: &mut String, model: &Model) -> Result<()> {
    let limits = limits::limits(model);
    let fixed = fixed_cost::sum(&fixed_cost::items(model));
    writeln!(page, "\n## By rate\n\n{}\n", prose::BY_RATE)?;
    writeln!(page, "| orders a second | $ a month, all in all | lower limits |\n|--:|--:|---|")?;
    for rate in STEPS {
        let load = model.load(rate);
        let carried = |limit: &Limit| {
            if load.batch > 1.0 { limit.full_batches } else { limit.one_by_one }
        };
        let below = match limits.iter().filter(|limit| carried(limit) < rate).count() {
            0 => "none".to_owned(),
            all if all == limits.len() => format!("all {all}"),
            some => format!("{some} of {}", limits.len()),
        };
        let million = order_cost::sum(&order_cost::items(model, load));
        let month = grouped(fixed + million * rate * SECONDS_A_MONTH / MILLION);
        writeln!(page, "| {} | {month} | {below} |", grouped(rate))?;
    }
    Ok(())
}

fn backlogs(page: &mut String, model: &Model) -> Result<()> {
    let Measures { subscribers: [fulfilment, _, invoicing], .. } = &model.measures;
    let batch = model.stack.batch_size;
    let worker = |billed_ms, messages_per_second| Worker {
        batch,
        cycle_seconds: cycle_seconds(billed_ms),
        messages_per_second,
    };
    let workers = [
        worker(fulfilment.batch.billed_ms, f64::INFINITY),
        worker(invoicing.batch.billed_ms, WRITES_OF_A_ROW * batch),
    ];
    writeln!(page, "\n## A backlog of 10 million messages\n\n{}\n", prose::BACKLOG)?;
    writeln!(page, "| batches at once | fulfilment | invoicing |\n|--:|--:|--:|")?;
    for most in AT_ONCE {
        let minutes =
            workers.map(|worker| format!("{:.0} min", worker.seconds(BACKLOG, most) / 60.0));
        writeln!(page, "| {} | {} |", grouped(most), minutes.join(" | "))?;
    }
    Ok(())
}

fn shown(quantity: f64) -> String {
    if quantity < 0.01 { format!("{quantity:.5}") } else { format!("{quantity:.3}") }
}

fn shown_units(units: f64) -> String {
    if units > 0.0 { format!("{units:.1}") } else { "–".to_owned() }
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

    /// A changed template or model changes the page.
    #[test]
    fn scaling_page_is_what_the_model_says() {
        let expected = page(&Run::kept().unwrap().unwrap()).unwrap().unwrap();
        let found = fs::read_to_string(root().join(PAGE)).unwrap();
        assert!(found == expected, "{PAGE} is out of date: cargo xtask bench --pages");
    }
}
