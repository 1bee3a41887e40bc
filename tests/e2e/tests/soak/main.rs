//! The soak: many orders through a stack with random faults, compared with the customers'
//! responses.
//!
//! `cargo xtask verify soak` runs it, and `cargo xtask test --all` a short one.

mod chaos;
mod clock;
mod enough;
mod load;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::Parser;
use e2e::{CallAudit, ClientRecord, Deployment, Effects, FaultStack};

use chaos::Chaos;
use enough::Happened;
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
    let placed = load.answered();
    let client_record = load.into_client_record();
    deliver_once_more(&stack, &client_record, &mut effects).await;

    let mut audit = effects.audit(&shop, &client_record).await;
    audit.doubled.extend(calls.doubled());
    let unseen = unseen_effects(&shop, &effects, &calls);
    let disturbances: BTreeMap<_, _> = chaos.made(options.clock_steps).into_iter().collect();
    let faults = stack.proxy.met();
    let mut rows = report::rows(seed, start.elapsed(), &client_record, &audit, dead_letters);
    rows.extend(report::fault_rows(&faults, &disturbances));
    rows.extend(report::call_rows(calls.inserts(), unseen.len()));
    let ordering = options
        .fifo
        .then(|| shop.ordering(&stack.proxy.recorded(), &client_record.in_order, &redriven));
    rows.extend(ordering.iter().flat_map(|ordering| report::ordering_rows(ordering, &redriven)));

    let out_of_order = ordering.iter().flat_map(|ordering| &ordering.out_of_order);
    let wrong = audit.lost.iter().chain(&audit.doubled).chain(&audit.misspent);
    let wrong: Vec<_> =
        wrong.chain(&client_record.wrong).chain(&unseen).chain(out_of_order).collect();
    e2e::report(&rows, options.report.as_deref(), wrong.iter().copied())?;
    let mut doubts = enough::doubts(&Happened {
        orders: options.orders,
        placed,
        client_record: &client_record,
        audit: &audit,
        dead_letters,
        faults: &faults,
        disturbances: &disturbances,
        ordering: ordering.as_ref(),
    });
    if options.clock_steps {
        doubts.extend(clock::does_not_reach(&stack).await?);
    }
    for doubt in &doubts {
        eprintln!("  Too little happened for the result to say anything: {doubt}");
    }
    let sound = wrong.is_empty() && doubts.is_empty() && dead_letters.left == 0;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Rows and spendings in the tables that no call of a function made, as far as the proxy saw.
fn unseen_effects(shop: &Deployment, effects: &Effects, calls: &CallAudit) -> Vec<String> {
    let rows = shop.subscribers().into_iter().flat_map(|subscriber| {
        let table = shop.output(&subscriber.table());
        calls.unseen_inserts(table, effects.done_by(&subscriber.function))
    });
    rows.chain(calls.unseen_spends(effects.spent_on())).collect()
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
