//! `ops`: what an operator does to a deployed stack. It looks into dead-letter queues, redrives and purges them,
//! announces orders again, and reconciles what was ordered with what was done.

mod amount_filter;
mod arguments;
mod aws;
mod check;
mod dlq;
mod escape;
mod interrupt;
mod operator;
mod orders;
mod outcome;
mod output;
mod pace;
mod progress;
mod queue;
mod stack;
mod trace;
mod when;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use operator::Operator;
use outcome::Outcome;
use output::say;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            say(format!("error: {error:#}"));
            Outcome::Failed.into()
        }
    }
}

async fn run(Arguments { place, manner, command }: Arguments) -> anyhow::Result<Outcome> {
    let operator = Operator::at(&place, manner).await?;
    match command {
        Command::Dlq { command } => dlq::run(&operator, command).await,
        Command::Orders { command } => orders::run(&operator, command).await,
        Command::Check(options) => check::run(&operator, options).await,
        Command::Trace(options) => trace::run(&operator, options).await,
    }
}
