//! The dead-letter queue commands.

mod client_redrive;
mod list;
mod message_groups;
mod move_task;
mod peek;
mod purge;
mod queues;
mod redrive;
mod redrive_result;
mod show;

pub(crate) use peek::peek;
pub(crate) use queues::{Dlq, Queues};
pub(crate) use redrive::move_messages;
pub(crate) use redrive_result::RedriveResult;
pub(crate) use show::ShownMessage;

use anyhow::Result;
use aws_sdk_sqs::Client;
use clap::Subcommand;

use crate::context::Context;
use crate::outcome::Outcome;

const QUEUE: &str =
    "A dead-letter queue's name in `ops dlq list`, such as promotion or promotion-subscription";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the dead-letter queues with message counts and ages, and the source queues for context.
    ///
    /// The stack's outputs name the subscribers. The dead-letter queue with a subscriber's name has
    /// messages that its function failed; the one with -subscription after it has messages that the
    /// topic could not deliver to the subscriber's queue.
    ///
    /// SQS does not report the age of the oldest message. It is read from a sample of up to ten, so
    /// the real age may be higher. The age counts from when a message was first sent; in a FIFO
    /// queue, from when it was moved there. Exits with 3 if a dead-letter queue holds messages.
    List,
    /// Show messages: when they were first sent, how often they were received, why they would fail,
    /// and their bodies.
    ///
    /// Bodies contain personal data such as customers' names: take care where the output goes. The
    /// messages stay in the queue and can be received again at once. Showing them increases their
    /// receive count, which has no effect in a dead-letter queue.
    ///
    /// In a FIFO queue the time is when a message arrived in this queue, and reading hides the rest
    /// of a message group, which is one customer's messages: of a group with more than ten, only
    /// the first ones can be shown.
    Show {
        #[arg(value_name = "QUEUE", help = QUEUE)]
        dlq: String,
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
    ///
    /// Between FIFO queues, a redrive keeps the order of each customer's messages. Messages that
    /// arrived in the source queue in the meantime stay before them. If this command cannot send a
    /// message, it leaves that customer's later messages in the dead-letter queue too.
    Redrive {
        #[arg(value_name = "QUEUE", help = QUEUE)]
        dlq: String,
        /// The most messages to move (default: all).
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Delete all messages permanently.
    ///
    /// Asks for confirmation first. Without a terminal, it requires --yes. In a FIFO queue,
    /// `ops dlq show` may not have shown all messages.
    Purge {
        #[arg(value_name = "QUEUE", help = QUEUE)]
        dlq: String,
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
pub(crate) async fn run(context: &Context, command: Command) -> Result<Outcome> {
    let queues = Queues::of(&context.stack, &Client::new(&context.sdk))?;
    match command {
        Command::List => list::list(context, &queues).await,
        Command::Show { dlq, limit } => show::show(context, queues.dlq(&dlq)?, limit).await,
        Command::Redrive { dlq, limit } => {
            redrive::redrive(context, queues.dlq(&dlq)?, limit).await
        }
        Command::Purge { dlq, yes } => purge::purge(context, queues.dlq(&dlq)?, yes).await,
    }
}
