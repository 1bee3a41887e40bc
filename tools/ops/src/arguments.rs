//! What can be said on the command line, and `--help`.

use clap::{Parser, Subcommand};

use crate::options::{RunOptions, Target};
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_definition_is_valid() {
        Arguments::command().debug_assert();
    }
}
