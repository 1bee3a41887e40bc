//! The dead-letter queue commands.

mod client_redrive;
mod list;
mod move_task;
mod names;
mod peek;
mod purge;
mod redrive;
mod redrive_result;
mod show;

use anyhow::Result;
use clap::Subcommand;
use names::Dlq;

use crate::context::Context;
use crate::outcome::Outcome;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the dead-letter queues with message counts and ages, and the source queues for context.
    ///
    /// SQS does not report the age of the oldest message. It is read from a sample of up to ten, so
    /// the real age may be higher. Exits with 3 if a dead-letter queue holds messages.
    List,
    /// Show messages: when they were first sent, how often they were received, why they would fail,
    /// and their bodies.
    ///
    /// Bodies contain personal data such as customers' names: take care where the output goes. The
    /// messages stay in the queue and can be received again at once. Showing them increases their
    /// receive count, which has no effect in a dead-letter queue.
    Show {
        /// Which dead-letter queue.
        dlq: Dlq,
        /// The most messages to show.
        #[arg(long, default_value_t = 10, value_name = "N")]
        limit: usize,
    },
    /// Move messages back to the source queue, where they are processed again.
    ///
    /// SQS itself moves the messages of a queue's dead-letter queue, where it can. For a
    /// subscription's dead-letter queue, and with --limit, this command moves them: it deletes a
    /// message only once SQS has acknowledged the copy in the source queue. It moves the messages
    /// present at the start, each once, even if one fails again and returns. Repeating a redrive is
    /// harmless: a second delivery has no second effect.
    Redrive {
        /// Which dead-letter queue.
        dlq: Dlq,
        /// The most messages to move (default: all).
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Delete all messages permanently.
    ///
    /// Asks for confirmation first. Without a terminal, it requires --yes.
    Purge {
        /// Which dead-letter queue.
        dlq: Dlq,
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
pub(crate) async fn run(context: &Context, command: Command) -> Result<Outcome> {
    match command {
        Command::List => list::list(context).await,
        Command::Show { dlq, limit } => show::show(context, dlq, limit).await,
        Command::Redrive { dlq, limit } => redrive::redrive(context, dlq, limit).await,
        Command::Purge { dlq, yes } => purge::purge(context, dlq, yes).await,
    }
}
