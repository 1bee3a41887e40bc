//! `cargo xtask`: the project's commands.

mod bench;
mod doctor;
mod git;
mod interrupt;
mod run;
mod sbom;
mod test;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs and tests the order fan-out on this machine, without an AWS account or Docker.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole system here: shop, topic, queues, functions, tables. Ctrl-C ends it.
    Run(run::Options),
    /// Run the test suites that a change needs, all of them, or one by its name.
    ///
    /// On two cores it takes some three minutes where little was changed, and ten where nothing is
    /// built yet; with `--all` a quarter of an hour more.
    Test(test::Options),
    /// Verify what takes too long for every change, and write down the result. Minutes are those of
    /// two cores.
    #[command(subcommand)]
    Verify(verify::Part),
    /// Measure what the functions cost, beside functions that do nothing; `--help` says more.
    Bench(bench::Options),
    /// Take the README's pictures anew, as the browser's tests see the pages.
    Pictures,
    /// Install the pinned tools (SAM CLI, cargo-lambda, emulator) into .tools/ and print how to use
    /// them.
    Tools,
    /// List what is in each function, in CycloneDX, in target/sbom.
    Sbom,
    /// Say what this machine lacks to run, test and deploy, and how to install it.
    ///
    /// It exits with 0 if one can develop here, with 1 if not.
    Doctor,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        // Ctrl-C is how a run ends; anything else it cuts short.
        Command::Run(options) => interrupt::or(ExitCode::SUCCESS, run::run(options)).await,
        Command::Test(options) => {
            interrupt::or(interrupt::CUT_SHORT.into(), test::test(options)).await
        }
        Command::Verify(part) => {
            interrupt::or(interrupt::CUT_SHORT.into(), verify::verify(part)).await
        }
        Command::Bench(options) => {
            interrupt::or(interrupt::CUT_SHORT.into(), bench::bench(options)).await
        }
        Command::Pictures => interrupt::or(interrupt::CUT_SHORT.into(), test::pictures()).await,
        Command::Tools => interrupt::or(interrupt::CUT_SHORT.into(), tools()).await,
        Command::Sbom => interrupt::or(interrupt::CUT_SHORT.into(), list()).await,
        Command::Doctor => Ok(doctor::doctor().await),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn tools() -> anyhow::Result<()> {
    devstack::Tools::install(devstack::Progress).await?;
    println!("export PATH=\"{}:$PATH\"", devstack::root().join(".tools/venv/bin").display());
    Ok(())
}

async fn list() -> anyhow::Result<()> {
    sbom::sbom(&devstack::SupplyChain::install(devstack::Progress).await?).await
}
