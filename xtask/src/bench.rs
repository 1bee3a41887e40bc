//! `cargo xtask bench`: builds the `bench` package and passes it the rest of the command line. It
//! is a program of its own, so that xtask compiles quickly.

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

/// Checks that the functions' costs are within tools/bench/budget.toml. A debug build of `bench` is
/// enough: its own time is in no count and in no CPU time, and small beside the services' delays.
pub(crate) async fn check(tools: &Tools) -> Result<()> {
    let mut cargo = tools.cargo();
    cargo.args(["run", "--quiet", "--package", "bench", "--", "--check"]);
    ProcessGroup::run("Comparing what the functions cost with the budget", &mut cargo).await
}
