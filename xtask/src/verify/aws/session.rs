//! One run: its stacks, and the steps on them.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use devstack::{BUILT_TEMPLATE, Progress};
use tokio::process::Command;

use super::outcome::{Finished, Outcome, unmet};
use super::steps::{Check, STEPS};
use super::target::{Shop, Target};
use super::{permissions, pipeline, releases};

/// How many orders the script of this step places.
const POSTS: u32 = 51;

/// The stacks of one run.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) target: Target,
    pub(super) stack: String,
    pub(super) fifo_stack: String,
    shop: Option<Shop>,
}

impl Session {
    pub(super) fn new(target: Target, stack: String, fifo_stack: String) -> Self {
        Self { target, stack, fifo_stack, shop: None }
    }

    /// Runs the steps but the deletion, and adds each to `finished` when it has ended.
    pub(super) async fn run(&mut self, finished: &mut Vec<Finished>) -> Result<()> {
        self.target.build().await?;
        for step in STEPS.iter().filter(|step| step.check != Check::Delete) {
            eprintln!("── {}: {}", step.name, step.shows);
            let outcome = match unmet(step.needs, finished) {
                Some(why) => Outcome::NotRun(why),
                None => self.check(step.check).await.unwrap_or_else(|error| {
                    Outcome::Failed(format!("could not be carried out: {error:#}"))
                }),
            };
            eprintln!("── {}: {}. {}", step.name, outcome.name(), outcome.detail());
            finished.push(Finished { step: step.name, outcome });
        }
        Ok(())
    }

    async fn check(&mut self, check: Check) -> Result<Outcome> {
        let stack = &*self.stack.clone();
        let on_stack = async |session: &Self, what, command| {
            session.target.check(what, &[command, "--stack", stack]).await
        };
        match check {
            Check::ChangeSet => {
                let mut sam = self.sam_deploy(stack, &[]);
                sam.arg("--no-execute-changeset");
                Progress.command("Making a change set", &mut sam).await?;
                on_stack(self, "Reading the change set", "change-set").await
            }
            Check::Deploy => {
                self.deploy(stack, &[]).await?;
                self.shop = Some(self.target.shop(stack).await?);
                let live: releases::Live =
                    self.target.facts("Reading the aliases", &["live", "--stack", stack]).await?;
                Ok(Outcome::Seen(format!("{} functions, each with its alias `live`", live.len())))
            }
            Check::Pipeline => pipeline::run(&self.target, self.shop()?).await,
            Check::Alarm => on_stack(self, "Raising an alarm", "alarm").await,
            Check::ClientWait => {
                self.target.slow_publishes(POSTS);
                let arguments = ["client-wait", "--stack", stack, "--shop", &self.shop()?.url];
                self.target.check("Comparing the client's wait", &arguments).await
            }
            Check::Permissions => permissions::run(&self.target, stack).await,
            Check::Queries => on_stack(self, "Running the saved queries", "queries").await,
            Check::Parameter => releases::parameter_change(self).await,
            Check::Rollback => releases::rollback(self).await,
            Check::Fifo => {
                let fifo = &*self.fifo_stack;
                self.deploy(fifo, &[("Fifo", "true")]).await?;
                let shop = self.target.shop(fifo).await?;
                let arguments = ["fifo", "--stack", fifo, "--shop", &shop.url];
                self.target.check("Placing orders of one customer", &arguments).await
            }
            Check::Delete => unreachable!("the deletion is no part of the run: it always happens"),
        }
    }

    pub(super) fn shop(&self) -> Result<&Shop> {
        self.shop.as_ref().context("the stack is deployed")
    }

    /// Deploys what was built, as a release of its own.
    pub(super) async fn deploy(&self, stack: &str, parameters: &[(&str, &str)]) -> Result<()> {
        let what = format!("Deploying {stack} {}", overrides(parameters.iter().copied()).join(" "));
        Progress.command(what.trim(), &mut self.sam_deploy(stack, parameters)).await
    }

    /// `sam deploy` of what was built. Parameters that are not given keep the stack's values.
    fn sam_deploy(&self, stack: &str, parameters: &[(&str, &str)]) -> Command {
        let mut sam = self.target.sam();
        sam.args(["deploy", "--config-env", "test", "--template-file", BUILT_TEMPLATE]);
        sam.args(["--config-file".as_ref(), devstack::root().join("samconfig.toml").as_os_str()]);
        sam.args(["--no-progressbar", "--stack-name", stack, "--parameter-overrides"]);
        let release = new_release();
        let own = [("LogRetentionDays", "1"), ("Release", &*release)];
        // The emulator need not wait as long as AWS for a message's next try.
        let short = [("FunctionTimeout", "2"), ("QueueVisibility", "12"), ("OutboxAge", "2")];
        let short = if self.target.is_aws() { &[][..] } else { &short[..] };
        let environment = [("Environment", "test")];
        let is_given = parameters.iter().any(|(name, _)| *name == "Environment");
        let environment = if is_given { &[][..] } else { &environment[..] };
        let all = own.iter().chain(short).chain(environment).chain(parameters);
        sam.args(overrides(all.copied()));
        sam
    }
}

/// In quotes: without them SAM takes no empty value.
fn overrides<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    parameters.map(|(name, value)| format!("{name}=\"{value}\"")).collect()
}

/// A value of the parameter `Release` that no deployment had before.
fn new_release() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("verify-{}", now.as_millis())
}
