//! `cargo xtask bench`: builds the measuring side and hands it the rest of the command line. It is
//! a program of its own, as this one must start soon.

use anyhow::Result;
use devstack::{ProcessGroup, Progress, Tools};

/// Options of `cargo xtask bench`, which are those of the `bench` package.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) async fn bench(Options { arguments }: Options) -> Result<()> {
    let mut cargo = Tools::install(Progress).await?.cargo();
    cargo.args(["run", "--profile", "measuring", "--package", "bench", "--"]).args(arguments);
    ProcessGroup::run("The measuring", &mut cargo).await
}

/// What the functions cost is within tools/bench/budget.toml. Nothing of it is a time, so that the
/// measuring side need not be built to be fast.
pub(crate) async fn check(tools: &Tools) -> Result<()> {
    let mut cargo = tools.cargo();
    cargo.args(["run", "--quiet", "--package", "bench", "--", "--check"]);
    ProcessGroup::run("Comparing what the functions cost with the budget", &mut cargo).await
}
