//! `cargo xtask test`: what a change needs, and with `--all` the slow lanes as well.

pub(crate) mod api_fuzz;
mod backends;
mod browser;
mod containers;
mod iam;
mod lanes;
pub(crate) mod stack;
mod supply;

use std::time::Instant;

use anyhow::Result;
use browser::Browser;
use devstack::{ProcessGroup, Progress, Tools};
use stack::Suite;

pub(crate) use browser::pictures;

use crate::bench;

/// Options of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Add the slow lanes.
    #[arg(long)]
    all: bool,
    /// Run one slow lane and nothing else.
    #[arg(long, conflicts_with = "all")]
    only: Option<Lane>,
}

/// A slow lane that is worth running by itself.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Lane {
    /// What each role may do, and that all else is denied.
    Iam,
}

impl Lane {
    async fn run(self, tools: &Tools) -> Result<()> {
        devstack::build(tools, Progress).await?;
        stack::build_ops(tools).await?;
        match self {
            Self::Iam => iam::tried(tools).await,
        }
    }
}

pub(crate) async fn test(Options { all, only }: Options) -> Result<()> {
    let start = Instant::now();
    let tools = Tools::install(Progress).await?;
    if let Some(lane) = only {
        return lane.run(&tools).await;
    }
    cargo(&tools, "Format", &["fmt", "--all", "--check"]).await?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];
    cargo(&tools, "Clippy", &clippy).await?;
    cargo(&tools, "Tests that need no stack", &["test", "--workspace"]).await?;
    devstack::validate(&tools, Progress).await?;
    if all {
        devstack::checkov(Progress).await?;
    }
    devstack::build(&tools, Progress).await?;
    devstack::build_panics_example(&tools, Progress).await?;
    if all {
        stack::build_ops(&tools).await?;
    }
    let browser = if all { Browser::if_there_is_one().await? } else { None };
    let mut suites = vec![Suite::Pipeline];
    suites.extend(browser.as_ref().map(|_| Suite::Browser));
    if all {
        suites.extend([Suite::Faults, Suite::Ops]);
    }
    let variables = browser.as_ref().map(Browser::variables);
    stack::end_to_end(&tools, &suites, variables.as_ref().map_or(&[][..], |variables| variables)).await?;
    drop(browser);
    if all {
        stack::on_stacks_of_their_own(&tools, "outages", &[], &[]).await?;
        stack::on_stacks_of_their_own(&tools, "soak", &[], &[]).await?;
        stack::on_stacks_of_their_own(&tools, "coupons", &[], &[]).await?;
        stack::on_stacks_of_their_own(&tools, "cors", &[], &[]).await?;
        stack::on_stacks_of_their_own(&tools, "tokens", &[], &[]).await?;
        stack::on_stacks_of_their_own(&tools, "openapi_client", &[], &[]).await?;
        api_fuzz::api_fuzz(&tools, &api_fuzz::Options::of_the_lane()).await?;
        iam::tried(&tools).await?;
        backends::agree(&tools).await?;
        lanes::watched(&tools).await?;
        lanes::built(&tools).await?;
        bench::check(&tools).await?;
        supply::check().await?;
    }
    eprintln!("All green in {:.0} s.", start.elapsed().as_secs_f64());
    Ok(())
}

async fn cargo(tools: &Tools, what: &str, arguments: &[&str]) -> Result<()> {
    eprintln!("── {what}: cargo {}", arguments.join(" "));
    ProcessGroup::run(what, tools.cargo().args(arguments)).await
}
