//! The order commands: list unpublished orders, and publish orders again.

mod replay;
mod unpublished;

use anyhow::Result;
use clap::Subcommand;
use domain::OrderId;
use jiff::Timestamp;

use crate::context::Context;
use crate::outcome::Outcome;
use crate::when::when;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the outbox: saved orders that may not be published.
    ///
    /// The relay publishes them every minute. An order that stays here for several minutes shows
    /// that the relay fails. Exits with 3 if there are any.
    Unpublished,
    /// Publish orders again, and clear the pending flag of those that SNS acknowledged.
    ///
    /// Every subscriber receives them again. That is safe: a second delivery has no second effect.
    /// On a FIFO topic those of a customer are published in the order in which they were placed,
    /// after all that is published already.
    #[command(group(clap::ArgGroup::new("which").required(true).args(["ids", "since"])))]
    Replay {
        /// The orders' ids.
        #[arg(value_name = "ID")]
        ids: Vec<OrderId>,
        /// Publish every order placed since a time (2026-11-22T10:00:00Z) or a duration ago (2h,
        /// 90m). Reads the whole orders table.
        #[arg(long, value_parser = when, value_name = "TIME")]
        since: Option<Timestamp>,
        /// The end of that time range (default: now).
        #[arg(long, value_parser = when, requires = "since", value_name = "TIME")]
        until: Option<Timestamp>,
    },
}

/// Runs the command.
pub(crate) async fn run(context: &Context, command: Command) -> Result<Outcome> {
    match command {
        Command::Unpublished => unpublished::unpublished(context).await,
        Command::Replay { since: Some(since), until, .. } => {
            replay::of_time(context, since..=until.unwrap_or_else(Timestamp::now)).await
        }
        Command::Replay { since: None, ids, .. } => replay::of_ids(context, ids).await,
    }
}
