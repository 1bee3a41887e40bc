//! `cargo xtask verify aws`: from nothing to a report of what holds on AWS, and everything that it
//! made removed.

mod cleanup;
mod outcome;
mod permissions;
mod pipeline;
mod releases;
mod report;
mod session;
mod steps;
mod target;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use devstack::{Progress, Tools};

use self::outcome::{Finished, Outcome};
use self::report::Run;
use self::session::Session;
use self::steps::{Check, STEPS, plan};
use self::target::Target;

/// Options of `cargo xtask verify aws`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag on the command line")]
pub(crate) struct Options {
    /// Do not ask before anything is made.
    #[arg(long)]
    yes: bool,
    /// Keep the stacks.
    #[arg(long)]
    keep: bool,
    /// Use the local emulator instead of AWS, as far as it goes (4 minutes).
    #[arg(long)]
    emulator: bool,
    /// Print the steps, what each creates and the calls that it makes, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The shell's exit code for a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(crate) async fn run(options: Options) -> Result<ExitCode> {
    let (stack, fifo_stack) = (random_name(), random_name());
    let plan = plan(&stack, &fifo_stack);
    if options.dry_run {
        print!("{plan}");
        return Ok(ExitCode::SUCCESS);
    }
    if !options.emulator && !options.yes {
        ensure!(io::stdin().is_terminal(), "there is no terminal to ask on: give --yes to go on");
    }
    let commit = devstack::source()?;
    let tools = Tools::install(Progress).await?;
    let target = if options.emulator { Target::emulator(tools).await? } else { Target::aws(tools) };
    let identity = target.identity().await?;
    if target.is_aws() && !options.yes {
        eprintln!("{plan}");
        let region = identity.region.as_deref().unwrap_or_default();
        confirm(&format!("Do this in the account {}, region {region}?", identity.account))?;
    }
    let run = Run {
        commit,
        date: identity.date,
        region: identity.region.filter(|_| target.is_aws()),
        account: identity.account,
    };
    let mut session = Session::new(target, stack, fifo_stack);
    let (mut finished, mut is_complete) = (vec![], false);
    let steps = async {
        session.run(&mut finished).await?;
        is_complete = true;
        Ok(())
    };
    let ran = devstack::or_cut_short(steps).await;
    if ran.is_ok() && !is_complete {
        let why = "because the run was interrupted";
        let cut_short = STEPS[finished.len()..].iter().filter(|step| step.check != Check::Delete);
        finished.extend(
            cut_short
                .map(|step| Finished { step: step.name, outcome: Outcome::NotRun(why.to_owned()) }),
        );
    }
    finished.push(Finished { step: DELETE, outcome: clean_up(&session, options.keep).await });
    let path = report::write(&run, &finished)?;
    eprintln!("Written: {}", path.display());
    ran?;
    let has_failed = finished.iter().any(|one| one.outcome.is_failure());
    Ok(match (is_complete, has_failed) {
        (false, _) => INTERRUPTED.into(),
        (true, true) => ExitCode::FAILURE,
        (true, false) => ExitCode::SUCCESS,
    })
}

const DELETE: &str = "delete";

/// Removes the stacks, and prints how to remove what is left. A second Ctrl-C ends it.
async fn clean_up(session: &Session, keep: bool) -> Outcome {
    let stacks = [&*session.stack, &*session.fifo_stack];
    let mut outcome = Outcome::NotRun("because it was interrupted".to_owned());
    if keep {
        outcome = Outcome::NotRun("because of --keep".to_owned());
    } else {
        eprintln!("── Removing the stacks; Ctrl-C stops that as well");
        let delete = async {
            outcome = cleanup::delete(&session.target, &stacks).await;
            Ok(())
        };
        if let Err(error) = devstack::or_cut_short(delete).await {
            eprintln!("Ctrl-C is not caught: {error:#}");
        }
    }
    eprintln!("── {DELETE}: {}. {}", outcome.name(), outcome.detail());
    if session.target.is_aws() && !outcome.is_seen() {
        eprintln!("To remove what may be left:\n\n{}", cleanup::commands(&stacks));
    }
    outcome
}

/// Asks on the terminal, and fails unless the answer is yes.
fn confirm(question: &str) -> Result<()> {
    eprint!("{question} [yes/no] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    ensure!(answer.trim() == "yes", "nothing was made");
    Ok(())
}

/// A name that no other stack has.
fn random_name() -> String {
    // The hash keys of a new map are the standard library's only source of random numbers.
    let random = RandomState::new().build_hasher().finish() >> 32;
    format!("order-fanout-verify-{random:08x}")
}
