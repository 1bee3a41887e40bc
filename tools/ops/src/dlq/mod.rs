//! The dead-letter queues: what they hold, and what to do with it.

mod client_redrive;
mod list;
mod move_task;
mod names;
mod peek;
mod purge;
mod redrive;
mod redrive_result;
#[cfg(test)]
mod scripted;
mod show;

use anyhow::Result;
use clap::Subcommand;
use names::Dlq;

use crate::context::Context;
use crate::outcome::Outcome;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// How many messages each dead-letter queue holds and how old they are; and for context, the
    /// source queues.
    ///
    /// SQS does not say how old a queue's oldest message is. It is read from a sample of up to ten,
    /// so a message is at least that old. Exits with 3 if a dead-letter queue holds messages.
    List,
    /// Look at messages: when they were first sent, how often they were received, why they would
    /// fail, and their bodies.
    ///
    /// Bodies hold personal data, customers' names among it: mind where the output goes. The
    /// messages stay in the queue and can be received again at once; each look adds one to their
    /// receive count, which means nothing in a dead-letter queue.
    Show {
        /// Which dead-letter queue.
        dlq: Dlq,
        /// The most messages to look at.
        #[arg(long, default_value_t = 10, value_name = "N")]
        limit: usize,
    },
    /// Move messages back to the source queue, where they are tried again.
    ///
    /// The dead-letter queue of a queue is moved by SQS itself, where it can. That of a
    /// subscription, and with --limit, is moved from here: a message is deleted only once SQS
    /// acknowledged its copy in the source queue. What is there at the start is moved, each message
    /// once, even if it fails again and comes back. Doing it twice is harmless: a second delivery
    /// has no second effect.
    Redrive {
        /// Which dead-letter queue.
        dlq: Dlq,
        /// The most messages to move; all without it.
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Delete every message, for good.
    ///
    /// It asks first; where nobody can be asked, it refuses without --yes.
    Purge {
        /// Which dead-letter queue.
        dlq: Dlq,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Does what was said.
pub(crate) async fn run(context: &Context, command: Command) -> Result<Outcome> {
    match command {
        Command::List => list::list(context).await,
        Command::Show { dlq, limit } => show::show(context, dlq, limit).await,
        Command::Redrive { dlq, limit } => redrive::redrive(context, dlq, limit).await,
        Command::Purge { dlq, yes } => purge::purge(context, dlq, yes).await,
    }
}
