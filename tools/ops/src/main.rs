//! `ops`: the operator's command for a deployed stack. It shows, redrives and purges dead-letter
//! queues, publishes orders again, traces an order, reconciles orders with shipments, invoices and
//! coupons, and serves a console that shows the flow of orders.

mod amount_filter;
mod arguments;
mod aws;
mod check;
mod console;
mod context;
mod dlq;
mod escape;
mod interrupt;
mod log_line;
mod options;
mod orders;
mod outcome;
mod output;
mod progress;
mod queue;
mod rate_limit;
mod scan;
mod stack;
mod trace;
mod when;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use context::Context;
use outcome::Outcome;
use output::say;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            say(format!("error: {error:#}"));
            Outcome::of_error(&error).into()
        }
    }
}

async fn run(Arguments { target, options, command }: Arguments) -> anyhow::Result<Outcome> {
    let connect = async || Context::connect(&target, options).await;
    match command {
        Command::Dlq { command } => dlq::run(&connect().await?, command).await,
        Command::Orders { command } => orders::run(&connect().await?, command).await,
        Command::Check(options) => check::run(&connect().await?, options).await,
        Command::Trace(options) => trace::run(&connect().await?, options).await,
        Command::Console(console) => console::run(&target, options, console).await,
    }
}
