//! A copy of the last commit, to apply mutations to.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use devstack::{Progress, RunningStack, Tools};

use super::Patch;
use crate::scratch_tree::{Assembled, ScratchTree};
use crate::test::stack::Tests;

/// The copy.
pub(super) struct Tree<'a> {
    tools: &'a Tools,
    scratch: ScratchTree<'a>,
}

impl<'a> Tree<'a> {
    pub(super) async fn of_the_last_commit(tools: &'a Tools) -> Result<Self> {
        Ok(Self { tools, scratch: ScratchTree::of_the_last_commit(tools, "mutants").await? })
    }

    /// Fails unless each of these tests passes on the unchanged copy: a test that always fails
    /// catches nothing.
    pub(super) async fn passes(&self, tests: &BTreeSet<&str>) -> Result<()> {
        for (number, test) in tests.iter().enumerate() {
            eprintln!("── Unbroken, {} of {}: {test}", number + 1, tests.len());
            ensure!(self.run(test).await?, "{test} fails on code that is not broken");
        }
        Ok(())
    }

    /// Applies a patch, runs the test that must fail, and restores the copy. Returns whether the
    /// test failed, or why it did not run. A test on a stack may fail by chance, so it must fail twice.
    pub(super) async fn catches(&self, patch: &Patch, file: &Path) -> Result<Result<bool>> {
        self.scratch.git(&["apply", &file.display().to_string()]).await?;
        let outcome = async {
            let fails = !self.run(&patch.caught_by).await?;
            let is_certain = !fails || Target::of(&patch.caught_by)?.is_unit();
            Ok::<_, anyhow::Error>(fails && (is_certain || !self.run(&patch.caught_by).await?))
        };
        let outcome = outcome.await;
        self.scratch.git(&["checkout", "--quiet", "."]).await?;
        Ok(outcome)
    }

    /// Runs a test, and returns whether it passed. A test that does not run, for example because of a
    /// compile error, is an error.
    async fn run(&self, name: &str) -> Result<bool> {
        let (output, test) = match Target::of(name)? {
            Target::Stack(target, test) => (self.end_to_end(target, test).await?, test),
            Target::Unit(package, test) => (self.unit(package, test).await?, test),
        };
        let outcome = format!("test {test} ... ");
        match output.lines().find_map(|line| line.strip_prefix(&outcome)) {
            Some("ok") => Ok(true),
            Some("FAILED") => Ok(false),
            _ => bail!("{name} did not run:\n{output}"),
        }
    }

    async fn unit(&self, package: &str, test: &str) -> Result<String> {
        let mut cargo = self.scratch.cargo();
        cargo.args(["test", "--package", package, "--lib", "--", "--exact", test]);
        Progress.command_outcome("Testing", &mut cargo).await
    }

    /// Deploys the functions of the copy, as a debug build, to a stack of their own.
    async fn end_to_end(&self, target: &str, test: &str) -> Result<String> {
        let Assembled { template, binaries } = self.scratch.assemble("build").await?;
        let running = RunningStack::start(self.tools, &template, &[], Progress).await?;
        let mut tests = Tests::on(self.tools, &running, &["--test", target])?;
        tests.command.env("E2E_BINARIES", binaries).args(["--", "--exact", test]);
        Progress.command_outcome("Testing", &mut tests.command).await
    }
}

/// A test that catches a mutation, as a patch names it.
#[derive(Clone, Copy, Debug)]
enum Target<'a> {
    /// A suite on a stack, and the path of a test in it.
    Stack(&'a str, &'a str),
    /// A package, and the path of a unit test in it.
    Unit(&'a str, &'a str),
}

impl<'a> Target<'a> {
    fn of(name: &'a str) -> Result<Self> {
        let (target, test) =
            name.split_once("::").context("a test is named by a suite and a path")?;
        let is_suite = ["pipeline", "faults"].contains(&target);
        Ok(if is_suite { Self::Stack(target, test) } else { Self::Unit(target, test) })
    }

    fn is_unit(self) -> bool {
        matches!(self, Self::Unit(..))
    }
}
