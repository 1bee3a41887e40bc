//! Pairs of orders that race for one coupon each: one order of a pair gets it, the other a 422.
//!
//! `cargo xtask verify coupons` runs 5,000 pairs, and `cargo xtask test --all` fifty.

mod pair;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use devstack::Fault;
use e2e::{CallAudit, FaultStack};
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};

use pair::Pair;
use report::Report;

/// Race pairs of orders for coupons on a new stack, then check the tables.
#[derive(Debug, Parser)]
struct Options {
    /// The number of pairs.
    #[arg(long, default_value_t = 50)]
    pairs: u32,
    /// The file for the result, as JSON.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// How many pairs race at a time.
const AT_ONCE: usize = 8;
/// The delay of every save in a race, so that both orders of a pair read the coupon as unspent
/// before either spends it.
const HELD_BACK: Duration = Duration::from_millis(100);
/// How many of a hundred pairs must race. On a busy machine a request may come too late for it.
const LEAST_PERCENT: usize = 90;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let stack = FaultStack::start(&[]).await?;
    let start = Instant::now();
    let coupons = stream::iter(0..options.pairs)
        .map(|_| stack.shop.earned_coupon())
        .buffer_unordered(AT_ONCE);
    let coupons: Vec<_> = coupons.collect().await;

    let calls = CallAudit::of(&stack.proxy);
    stack.proxy.inject("TransactWriteItems", Fault::Delay(HELD_BACK), u32::MAX);
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} pairs, {elapsed} (about {eta} more)");
    let progress = ProgressBar::new(options.pairs.into()).with_style(style?);
    let races =
        stream::iter(coupons).map(|code| Pair::race(&stack.shop, code)).buffer_unordered(AT_ONCE);
    let pairs: Vec<_> = races.inspect(|_| progress.inc(1)).collect().await;
    progress.finish_and_clear();
    stack.proxy.calm();

    let report = Report::of(&stack.shop, &pairs).await;
    let contested = calls.contested();
    let rows = report.rows(contested, start.elapsed());
    e2e::report(&rows, options.report.as_deref(), &report.wrong)?;
    let is_race = !pairs.is_empty() && contested * 100 >= pairs.len() * LEAST_PERCENT;
    if !is_race {
        eprintln!(
            "  Only {contested} pairs raced: of the others, one had saved before the other came."
        );
    }
    let sound = report.wrong.is_empty() && is_race;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
