//! `cargo xtask`: the project's commands.

mod bench;
mod deploy;
mod doctor;
mod git;
mod run;
mod sbom;
mod scratch_tree;
mod subscriber;
mod test;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Run and test the order fan-out on this machine, without an AWS account or Docker.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole system on this machine until Ctrl-C: shop, topic, queues, functions, tables.
    Run(run::Options),
    /// Build the functions and deploy them to your AWS account with `sam deploy`.
    ///
    /// Refuses to deploy if that would replace the stack's queues, with what waits in them.
    Deploy(deploy::Options),
    /// Run the test suites that a change needs, all of them, or one by its name.
    ///
    /// On two cores this takes about three minutes after a small change, and ten if nothing is
    /// built yet. `--all` takes 40 minutes once the dependencies are built.
    Test(test::Options),
    /// Run verifications that take too long for every change, and keep the results.
    #[command(subcommand)]
    Verify(verify::Part),
    /// Add a subscriber with its queue, dead-letter queues, table, permissions and alarms.
    #[command(subcommand)]
    New(subscriber::New),
    /// Take a subscriber away again.
    #[command(subcommand)]
    Remove(subscriber::Remove),
    /// Measure what the functions cost, compared with functions that do nothing; see `--help`.
    Bench(bench::Options),
    /// Retake the README's pictures with the browser tests.
    Pictures,
    /// Install the pinned tools (SAM CLI, cargo-lambda, emulator) into .tools/ and print how to use
    /// them.
    Tools,
    /// Print template.yaml with its loops expanded, as a plain SAM template.
    ///
    /// For readers, and to deploy to an account that refuses the transform of the loops.
    Template,
    /// Write a CycloneDX bill of materials for each function to target/sbom.
    Sbom,
    /// List what this machine lacks to run, test and deploy, and how to install it.
    ///
    /// Exits with 0 if the machine is ready for development, otherwise with 1.
    Doctor,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        // Ctrl-C is the normal end of a run, but an interruption of any other command.
        Command::Run(options) => {
            devstack::until_interrupted(ExitCode::SUCCESS, run::run(options)).await
        }
        Command::Deploy(options) => devstack::or_cut_short(deploy::deploy(options)).await,
        Command::Test(options) => devstack::or_cut_short(test::test(options)).await,
        Command::Verify(part) => verify::verify(part).await,
        Command::New(what) => subscriber::add(what).await.map(|()| ExitCode::SUCCESS),
        Command::Remove(what) => subscriber::remove(what).await.map(|()| ExitCode::SUCCESS),
        Command::Bench(options) => devstack::or_cut_short(bench::bench(options)).await,
        Command::Pictures => devstack::or_cut_short(test::pictures()).await,
        Command::Template => template(),
        Command::Tools => devstack::or_cut_short(tools()).await,
        Command::Sbom => devstack::or_cut_short(list()).await,
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

fn template() -> anyhow::Result<ExitCode> {
    print!("{}", devstack::expanded_template_text()?);
    Ok(ExitCode::SUCCESS)
}

async fn list() -> anyhow::Result<()> {
    sbom::sbom(&devstack::SupplyChain::install(devstack::Progress).await?).await
}
