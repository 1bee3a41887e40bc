//! A copy of the last commit, to apply mutations to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use devstack::{ProcessGroup, Progress, RunningStack, Tools, functions, root};
use tokio::process::Command;

use super::Patch;
use crate::git;
use crate::test::stack::Tests;

/// The copy, and its build output.
pub(super) struct Tree<'a> {
    tools: &'a Tools,
    folder: PathBuf,
}

impl<'a> Tree<'a> {
    pub(super) async fn of_the_last_commit(tools: &'a Tools) -> Result<Self> {
        let folder = root().join("target/mutants");
        let tree = folder.join("tree");
        if tree.exists() {
            fs::remove_dir_all(&tree)?;
        }
        git::copy_of_the_last_commit(&tree).await?;
        Ok(Self { tools, folder })
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
    /// test failed.
    pub(super) async fn catches(&self, patch: &Patch, file: &Path) -> Result<bool> {
        self.git(&["apply", &file.display().to_string()]).await?;
        let passed = self.run(&patch.caught_by).await;
        self.git(&["checkout", "--quiet", "."]).await?;
        Ok(!passed?)
    }

    /// Runs a test, named by its crate or suite and its path there, and returns whether it passed.
    /// A test that does not run, for example because of a compile error, is an error.
    async fn run(&self, name: &str) -> Result<bool> {
        let (output, test) =
            match name.split_once("::").context("a test is named by a suite and a path")? {
                (target @ ("pipeline" | "faults"), test) => {
                    (self.end_to_end(target, test).await?, test)
                }
                (package, test) => (self.unit(package, test).await?, test),
            };
        let Some(line) = output.lines().find(|line| line.starts_with(&format!("test {test} ... ")))
        else {
            bail!("{name} did not run:\n{output}");
        };
        Ok(line.ends_with("ok"))
    }

    async fn unit(&self, package: &str, test: &str) -> Result<String> {
        let mut cargo = self.cargo();
        cargo.args(["test", "--package", package, "--lib", "--", "--exact", test]);
        Progress.command_outcome("Testing", &mut cargo).await
    }

    /// Deploys the functions of the copy, as a debug build, to a stack of their own.
    async fn end_to_end(&self, target: &str, test: &str) -> Result<String> {
        let mut cargo = self.cargo();
        cargo.arg("build").args(functions().iter().flat_map(|function| ["--bin", *function]));
        Progress.command("Building the functions of the copy", &mut cargo).await?;
        let template = self.assemble()?;
        let running = RunningStack::start(self.tools, &template, &[], Progress).await?;
        let mut tests = Tests::on(self.tools, &running, &["--test", target])?;
        tests
            .command
            .env("E2E_BINARIES", self.folder.join("functions"))
            .args(["--", "--exact", test]);
        Progress.command_outcome("Testing", &mut tests.command).await
    }

    /// Assembles a build folder like that of `sam build`, with the copy's functions, and returns
    /// the path of its template.
    fn assemble(&self) -> Result<PathBuf> {
        let built = root().join(".aws-sam/build");
        let assembled = self.folder.join("build");
        fs::create_dir_all(&assembled)?;
        fs::copy(built.join("template.yaml"), assembled.join("template.yaml"))?;
        for function in functions() {
            let binary = self.folder.join("target/debug").join(function);
            for place in [
                assembled.join(devstack::resource(function)),
                self.folder.join("functions").join(function),
            ] {
                fs::create_dir_all(&place)?;
                fs::copy(&binary, place.join("bootstrap"))?;
            }
        }
        Ok(assembled.join("template.yaml"))
    }

    /// `cargo` on the copy, with a target folder of its own: cargo cannot distinguish the copy's
    /// packages from the originals.
    fn cargo(&self) -> Command {
        let mut cargo = self.tools.cargo();
        cargo
            .current_dir(self.folder.join("tree"))
            .env("CARGO_TARGET_DIR", self.folder.join("target"));
        cargo
    }

    async fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut git = Command::new("git");
        ProcessGroup::run("git", git.arg("-C").arg(self.folder.join("tree")).args(arguments)).await
    }
}
