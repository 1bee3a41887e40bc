//! `ops console`: a page on this machine that shows a stack's flow of orders, live.

mod assets;
mod changes;
mod history;
mod latency;
mod logs;
mod messages;
mod pages;
mod polling;
mod security;
mod server;
mod state;
mod topology;
mod waterfall;

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;

use crate::interrupt::Interrupt;
use crate::options::{RunOptions, Target};
use crate::outcome::{Outcome, UsageError};
use crate::output::say;
use crate::rate_limit::RateLimit;
use state::Console;

/// Options of `ops console`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// The console's port on localhost.
    #[arg(long, default_value_t = 3002, value_name = "PORT")]
    port: u16,
    /// Let the page redrive and purge dead-letter queues. Everybody who can open a port on this
    /// machine can then do so.
    #[arg(long)]
    allow_changes: bool,
}

/// Serves the console until Ctrl-C. The stack need not exist yet, and may stop and start again.
pub(crate) async fn run(
    target: &Target,
    run_options: RunOptions,
    Options { port, allow_changes }: Options,
) -> Result<Outcome> {
    if allow_changes && run_options.dry_run {
        let why = "--dry-run changes nothing, and --allow-changes does: choose one of them";
        return Err(UsageError(why.to_owned()).into());
    }
    let (sdk, stack) = target.aws().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.with_context(|| {
        format!(
            "the console cannot listen on port {port} of this machine: another console may run there, as that of \
             `cargo xtask run`; choose another port"
        )
    })?;
    let port = listener.local_addr()?.port();
    let interrupt = Interrupt::listen()?;
    let rate_limit = RateLimit::of(run_options.rate);
    let console = Arc::new(Console::new(
        sdk,
        stack,
        target.options(),
        allow_changes,
        rate_limit,
        interrupt.clone(),
    ));
    say(format!("The console of {stack} is at http://localhost:{port} until Ctrl-C."));
    tokio::select! {
        served = server::serve(listener, port, Arc::clone(&console)) => served?,
        () = polling::run(&console) => {}
        () = interrupt.wait() => {}
    }
    for result in console.wait_for_work().await {
        say(result);
    }
    Ok(Outcome::Fine)
}
