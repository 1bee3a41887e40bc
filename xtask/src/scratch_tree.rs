//! A copy of the repository that commands may change, with build output of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devstack::{ProcessGroup, Progress, Tools, root, target_dir};
use tokio::process::Command;

use crate::git;

/// The copy. It stays on disk after use, so that a failure can be examined.
pub(crate) struct ScratchTree<'a> {
    tools: &'a Tools,
    folder: PathBuf,
}

/// A template with the functions beside it, as `sam deploy` takes them.
pub(crate) struct Assembled {
    pub(crate) template: PathBuf,
    /// Holds a folder for each function, with its `bootstrap`.
    pub(crate) binaries: PathBuf,
}

impl<'a> ScratchTree<'a> {
    /// Copies the last commit to `target/<name>/tree`.
    pub(crate) async fn of_the_last_commit(tools: &'a Tools, name: &str) -> Result<Self> {
        let tree = Self { tools, folder: root().join("target").join(name) };
        tree.remove()?;
        git::copy_of_the_last_commit(&tree.path()).await?;
        Ok(tree)
    }

    /// Copies the files as they are now, committed or not, to `target/<name>/tree`, and commits
    /// them there. The build output starts with the dependencies that are compiled already.
    pub(crate) async fn of_the_working_tree(tools: &'a Tools, name: &str) -> Result<Self> {
        let tree = Self { tools, folder: root().join("target").join(name) };
        tree.remove()?;
        for file in git::files()?.lines() {
            copy(&root().join(file), &tree.path().join(file))?;
        }
        let tools_folder = root().join(".tools");
        std::os::unix::fs::symlink(tools_folder, tree.path().join(".tools"))?;
        tree.git(&["init", "--quiet"]).await?;
        tree.commit("base").await?;
        tree.take_over_dependencies().await?;
        Ok(tree)
    }

    fn remove(&self) -> Result<()> {
        let path = self.path();
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    /// Links compiled dependencies and copies their fingerprints. Cargo cannot tell the copy's own
    /// packages from the originals, but sees that their files are newer.
    async fn take_over_dependencies(&self) -> Result<()> {
        let (ours, theirs) = (target_dir().join("debug"), self.folder.join("target/debug"));
        if theirs.exists() {
            return Ok(());
        }
        fs::create_dir_all(theirs.join("deps"))?;
        for entry in fs::read_dir(ours.join("deps"))? {
            let path = entry?.path();
            let extension = path.extension().unwrap_or_default();
            if ["rlib", "rmeta", "so"].iter().any(|library| extension == *library) {
                let name = path.file_name().context("a file has a name")?;
                fs::hard_link(&path, theirs.join("deps").join(name))?;
            }
        }
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(ours.join(".fingerprint")).arg(ours.join("build")).arg(&theirs);
        Progress.command("Taking over compiled dependencies", &mut copy).await
    }

    /// The copy's top folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// `cargo` on the copy.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = self.tools.cargo();
        cargo.current_dir(self.path()).env("CARGO_TARGET_DIR", self.folder.join("target"));
        cargo
    }

    /// Runs git on the copy.
    pub(crate) async fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut git = Command::new("git");
        ProcessGroup::run("git", git.arg("-C").arg(self.path()).args(arguments)).await
    }

    /// Runs git on the copy and returns what it prints.
    pub(crate) async fn git_output(&self, arguments: &[&str]) -> Result<String> {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.path()).args(arguments);
        Progress.command_output("git", &mut git).await
    }

    /// Commits all files of the copy.
    pub(crate) async fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "--all"]).await?;
        let author = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost"];
        self.git(&[&author[..], &["commit", "--quiet", "--message", message]].concat()).await
    }

    /// Builds the copy's functions for debugging and puts them beside its template, in
    /// `target/<name>/<part>`.
    pub(crate) async fn assemble(&self, part: &str) -> Result<Assembled> {
        let functions = devstack::functions_in(&self.path())?;
        let mut cargo = self.cargo();
        cargo.arg("build").args(functions.iter().flat_map(|function| ["--bin", function]));
        Progress.command("Building the functions of the copy", &mut cargo).await?;
        let folder = self.folder.join(part);
        let binaries = folder.join("functions");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for function in &functions {
            let binary = self.folder.join("target/debug").join(function);
            copy(&binary, &binaries.join(function).join("bootstrap"))?;
        }
        let template = folder.join("template.yaml");
        copy(&self.path().join("template.yaml"), &template)?;
        Ok(Assembled { template, binaries })
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}
