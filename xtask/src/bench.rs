//! `cargo xtask bench`: builds the measuring side and hands it the rest of the command line. It is a program of its own, as
//! this one must start soon.

use anyhow::Result;
use local::{Group, Progress, Tools};

/// Options of `cargo xtask bench`, which are those of the `bench` package.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) async fn bench(Options { arguments }: Options) -> Result<()> {
    run(&Tools::install(Progress).await?, &arguments).await
}

/// With `--check`, a lane: what the functions cost is within bench/budget.toml.
pub(crate) async fn run(tools: &Tools, arguments: &[String]) -> Result<()> {
    let mut cargo = tools.cargo();
    cargo.args(["run", "--profile", "measuring", "--package", "bench", "--"]).args(arguments);
    Group::run("The measuring", &mut cargo).await
}
