//! The soak: many orders through a stack with random faults, compared with the customers'
//! responses.
//!
//! `cargo xtask verify soak` runs it, and `cargo xtask test --all` a short one.

mod chaos;
mod load;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::Parser;
use e2e::{CallAudit, ClientRecord, Effects, FaultStack};

use chaos::{CHAOS_ACTIONS, CLOCK_STEPPED, Chaos};
use load::Load;

/// Place orders on a new stack under random faults, then compare it with the customers' record.
#[derive(Debug, Parser)]
struct Options {
    /// The number of orders that customers try to place.
    #[arg(long, default_value_t = 500)]
    orders: u32,
    /// The random seed of the faults (default: a new one).
    #[arg(long)]
    seed: Option<u64>,
    /// The number of concurrent customers.
    #[arg(long, default_value_t = 16)]
    at_once: usize,
    /// Stop placing orders after this many minutes.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Deploy a FIFO stack, let each customer place many orders, and check their order as well.
    #[arg(long)]
    fifo: bool,
    /// Step the functions' clock, which needs libfaketime.
    #[arg(long)]
    clock_steps: bool,
    /// Inject a fault into one of this many calls to AWS.
    #[arg(long, default_value_t = 20)]
    one_in: u32,
    /// The file for the result, as JSON.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// How many orders each customer of a FIFO stack places, one after the other.
const FIFO_ORDERS_EACH: usize = 50;
/// How many events are delivered again at the end, after all work is done.
const ONCE_MORE: usize = 200;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let seed = options.seed.unwrap_or(u64::from(now.subsec_nanos()));
    eprintln!("Seed {seed}");
    let (parameters, orders_each): (&[&str], _) =
        if options.fifo { (&["Fifo=true"], FIFO_ORDERS_EACH) } else { (&[], 1) };
    let mut stack = if options.clock_steps {
        FaultStack::start_with_clock(parameters).await?
    } else {
        FaultStack::start(parameters).await?
    };
    let start = Instant::now();
    if options.fifo {
        stack.proxy.record();
    }
    let calls = CallAudit::of(&stack.proxy);
    stack.proxy.storm(seed, options.one_in);
    let until = start + Duration::from_secs(60 * options.minutes);
    let load = Load::new(seed, options.orders, orders_each, until);
    let mut chaos = Chaos::new(seed, options.orders);
    let shop = stack.shop.clone();
    let ((), effects) =
        tokio::join!(load.run(&shop, options.at_once), chaos.run(&mut stack, &load));
    let mut effects = effects?;
    stack.proxy.calm();

    shop.at_rest().await;
    let redriven = shop.dead_letter_ids().await;
    let dead_letters = shop.drain_and_redrive().await;
    let client_record = load.into_client_record();
    deliver_once_more(&stack, &client_record, &mut effects).await;

    let mut audit = effects.audit(&shop, &client_record).await;
    audit.doubled.extend(calls.doubled());
    let made = chaos.made().into_iter();
    let made = made.filter(|(kind, _)| *kind != CLOCK_STEPPED || options.clock_steps);
    let faults = stack.proxy.met().into_iter().chain(made).collect();
    let mut rows =
        report::rows(seed, start.elapsed(), &client_record, &audit, dead_letters, &faults);
    rows.push((
        "Inserts of rows, each watched as it happened".to_owned(),
        calls.inserts().to_string(),
    ));
    let mut out_of_order = vec![];
    if options.fifo {
        let calls = stack.proxy.recorded();
        let ordering = shop.ordering(&calls, &client_record.in_order, &redriven);
        rows.extend(report::ordering_rows(&ordering, &redriven));
        out_of_order = ordering.out_of_order;
    }
    let problems = audit.lost.iter().chain(&audit.doubled).chain(&client_record.wrong);
    let problems = problems.chain(&out_of_order).chain(&audit.misspent);
    e2e::report(&rows, options.report.as_deref(), problems)?;
    let too_little = audit.spent == 0 || client_record.coupon_rejections.is_empty();
    if too_little
        || !had_every_fault(&faults)
        || client_record.accepted.len() < client_record.unclear.len()
    {
        eprintln!(
            "  Too little happened for the result to say anything: it takes more orders, or more faults."
        );
        return Ok(ExitCode::FAILURE);
    }
    let sound = audit.lost.is_empty() && audit.doubled.is_empty() && client_record.wrong.is_empty();
    let sound = sound && audit.misspent.is_empty();
    let sound = sound && dead_letters.left == 0 && out_of_order.is_empty();
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all kinds of fault and disturbance occurred.
fn had_every_fault(faults: &BTreeMap<&str, u32>) -> bool {
    faults.len() > CHAOS_ACTIONS && faults.values().all(|times| *times > 0)
}

/// Repeated events of processed orders must have no effect.
async fn deliver_once_more(
    stack: &FaultStack,
    client_record: &ClientRecord,
    effects: &mut Effects,
) {
    effects.check(&stack.shop).await;
    for (id, order_request) in client_record.accepted.iter().take(ONCE_MORE) {
        chaos::send_again(&stack.shop, id, order_request).await;
    }
    stack.shop.at_rest().await;
    effects.check(&stack.shop).await;
}
