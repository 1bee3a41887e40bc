//! The command line, and `--help`.

use clap::{Parser, Subcommand};

use crate::options::{RunOptions, Target};
use crate::{check, console, dlq, orders, trace};

/// Operate a deployed order fan-out: manage its dead-letter queues and outbox, trace an order, and
/// check that every order was processed.
///
/// Uses the standard AWS configuration: `AWS_PROFILE`, `AWS_REGION`, SSO, keys in the environment,
/// `AWS_ENDPOINT_URL`.
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
  0    success
  1    something failed; the output says what was not done, and nothing was lost
  2    the command line is wrong, or a confirmation could not be asked for
  3    something needs attention: a dead-letter queue holds messages, orders are unpublished, check found\n       differences, trace found an order that lacks a shipment, an invoice or its coupon
  130  Ctrl-C: the command stopped between two steps, and the output says what it did";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List, show, redrive and purge dead-letter queues.
    Dlq {
        #[command(subcommand)]
        command: dlq::Command,
    },
    /// List unpublished orders, and publish orders again.
    Orders {
        #[command(subcommand)]
        command: orders::Command,
    },
    /// Compare orders with shipments, invoices and coupons, and list every difference with its
    /// remedy.
    ///
    /// Every order older than the grace period must have a shipment and an invoice; every order
    /// that the promotion subscription's current filter policy matches must have a coupon; and
    /// nothing else may have any of these. The command reads four whole tables with strong
    /// consistency, which AWS charges per row.
    Check(check::Options),
    /// Show an order's history from the tables and the functions' logs, with the time of each step.
    ///
    /// Exits with 3 if the order lacks a shipment, an invoice, or a coupon that the filter policy
    /// gives it.
    Trace(trace::Options),
    /// Serve a page on this machine that shows the flow of orders, live, until Ctrl-C.
    ///
    /// The page has the queues and their dead-letter queues, the last orders with the way of each
    /// through the functions, and the time to fulfilment. It is read-only unless --allow-changes is
    /// given. While no page is open, it sends no requests to AWS.
    Console(console::Options),
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
