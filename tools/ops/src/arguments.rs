//! What can be said on the command line, and `--help`.

use std::num::NonZeroU32;

use clap::{Args, Parser, Subcommand};

use crate::{check, dlq, orders, trace};

/// Looks after a deployed order fan-out: its dead-letter queues, its outbox, and whether every
/// order was carried out.
///
/// AWS is found as every AWS tool finds it: `AWS_PROFILE`, `AWS_REGION`, SSO, keys in the
/// environment, `AWS_ENDPOINT_URL`.
#[derive(Debug, Parser)]
#[command(name = "ops", bin_name = "ops", after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) options: RunOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    fine
  1    something failed; what was not done is said, and nothing was lost
  2    the command line is wrong, or a question could not be asked
  3    something needs attention: a dead-letter queue holds messages, orders are unpublished, check found\n       differences, trace found an order without what it must have
  130  Ctrl-C: it stopped between two steps, and what it said is what was done";

/// Which stack, and where.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The stack's name.
    #[arg(
        long,
        global = true,
        env = "ORDER_FANOUT_STACK",
        default_value = "order-fanout-dev",
        value_name = "NAME"
    )]
    pub(crate) stack: String,
    /// The stack of `cargo xtask run` on this machine, order-fanout-local at port 4566, whatever
    /// --stack, profiles and variables say.
    #[arg(long, global = true)]
    pub(crate) local: bool,
    /// The port of the AWS endpoint on this machine, with --local.
    #[arg(long, global = true, default_value_t = 4566, value_name = "PORT")]
    pub(crate) aws_port: u16,
}

/// How it runs and prints.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RunOptions {
    /// Say what would be done, and change nothing.
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Print one JSON object per line on standard output; everything else goes to standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The most messages moved or orders published in a second, 1 to 500.
    #[arg(long, global = true, default_value = "100", value_parser = rate, value_name = "N")]
    pub(crate) rate: NonZeroU32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Dead-letter queues: what they hold, and what to do with it.
    Dlq {
        #[command(subcommand)]
        command: dlq::Command,
    },
    /// Orders: which were not published, and publishing them again.
    Orders {
        #[command(subcommand)]
        command: orders::Command,
    },
    /// Compare what was ordered with what was done, and list every difference with what to do about
    /// it.
    ///
    /// Every order older than the grace must have a shipment and an invoice; every order that the
    /// promotion subscription's filter policy lets through, as it is in force now, must have a
    /// coupon; and nothing else may have any of these. It reads four whole tables, strongly
    /// consistent, which is paid for per row.
    Check(check::Options),
    /// One order's way: what the tables and the functions' logs say of it, with the time at each
    /// step.
    ///
    /// Exits with 3 if the order has no shipment or no invoice, or no coupon and the filter policy
    /// gives it one.
    Trace(trace::Options),
}

/// 500 a second is as fast as SQS itself redrives.
fn rate(text: &str) -> Result<NonZeroU32, &'static str> {
    let rate = text.parse().ok().filter(|rate: &NonZeroU32| rate.get() <= 500);
    rate.ok_or("it must be a whole number from 1 to 500")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_definition_is_valid() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn rate_is_within_the_sqs_limit() {
        assert_eq!(rate("500").map(NonZeroU32::get), Ok(500));
        for wrong in ["0", "501", "-1", "fast", ""] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
