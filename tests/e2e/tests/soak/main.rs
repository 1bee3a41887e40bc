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
use e2e::{ClientRecord, Effects, FaultStack};

use chaos::{CHAOS_ACTIONS, Chaos};
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
    /// Inject a fault into one of this many calls to AWS.
    #[arg(long, default_value_t = 20)]
    one_in: u32,
    /// The file for the result, as JSON.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// How many events are delivered again at the end, after all work is done.
const ONCE_MORE: usize = 200;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let seed = options.seed.unwrap_or(u64::from(now.subsec_nanos()));
    eprintln!("Seed {seed}");
    let mut stack = FaultStack::start().await?;
    let start = Instant::now();
    stack.proxy.storm(seed, options.one_in);
    let load = Load::new(seed, options.orders, start + Duration::from_secs(60 * options.minutes));
    let mut chaos = Chaos::new(seed, options.orders);
    let shop = stack.shop.clone();
    let ((), effects) =
        tokio::join!(load.run(&shop, options.at_once), chaos.run(&mut stack, &load));
    let mut effects = effects?;
    stack.proxy.calm();

    let dead_letters = shop.drain_and_redrive().await;
    let client_record = load.into_client_record();
    deliver_once_more(&stack, &client_record, &mut effects).await;

    let audit = effects.audit(&shop, &client_record).await;
    let faults = stack.proxy.met().into_iter().chain(chaos.made()).collect();
    let rows = report::rows(seed, start.elapsed(), &client_record, &audit, dead_letters, &faults);
    let problems = audit.lost.iter().chain(&audit.doubled).chain(&client_record.wrong);
    e2e::report(&rows, options.report.as_deref(), problems)?;
    if !had_every_fault(&faults) || client_record.accepted.len() < client_record.unclear.len() {
        eprintln!(
            "  Too little happened for the result to say anything: it takes more orders, or more faults."
        );
        return Ok(ExitCode::FAILURE);
    }
    let sound = audit.lost.is_empty() && audit.doubled.is_empty() && client_record.wrong.is_empty();
    let sound = sound && dead_letters.left == 0;
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
