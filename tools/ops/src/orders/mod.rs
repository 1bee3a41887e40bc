//! Orders: which were not published, and publishing them again.

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
    /// The outbox: orders that are saved and not known to be published.
    ///
    /// The relay publishes them every minute. One that is some minutes old says that it cannot.
    /// Exits with 3 if there are any.
    Unpublished,
    /// Publish orders again, and clear the pending flag of those that SNS acknowledged.
    ///
    /// Every subscriber receives them again. That is safe: what it has done for an order it does
    /// not do twice.
    #[command(group(clap::ArgGroup::new("which").required(true).args(["ids", "since"])))]
    Replay {
        /// The orders' ids.
        #[arg(value_name = "ID")]
        ids: Vec<OrderId>,
        /// Every order placed from here on: a time such as 2026-11-22T10:00:00Z, or so long ago,
        /// such as 2h or 90m. It reads the whole orders table.
        #[arg(long, value_parser = when, value_name = "TIME")]
        since: Option<Timestamp>,
        /// And until here; now, without it.
        #[arg(long, value_parser = when, requires = "since", value_name = "TIME")]
        until: Option<Timestamp>,
    },
}

/// Does what was said.
pub(crate) async fn run(context: &Context, command: Command) -> Result<Outcome> {
    match command {
        Command::Unpublished => unpublished::unpublished(context).await,
        Command::Replay { since: Some(since), until, .. } => {
            replay::of_time(context, since..=until.unwrap_or_else(Timestamp::now)).await
        }
        Command::Replay { since: None, ids, .. } => replay::of_ids(context, ids).await,
    }
}
