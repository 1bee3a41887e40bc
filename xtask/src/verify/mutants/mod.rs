//! Breaking the code on purpose: each patch of e2e/mutations must fail the test that it names, and cargo-mutants looks
//! for changes of `domain` and `batch` that no test notices.

mod generated;
mod tree;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use local::{Progress, Tools, root};
use serde::{Deserialize, Serialize};

pub(super) use generated::Generated;
use tree::Tree;

/// Options of `cargo xtask verify mutants`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only the patches whose name has this in it, and not cargo-mutants.
    #[arg(long)]
    only: Option<String>,
}

/// What became of the mutants.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mutants {
    pub(super) patches: Vec<Patch>,
    pub(super) generated: Option<Generated>,
}

/// A patch of e2e/mutations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Patch {
    pub(super) name: String,
    /// What it breaks, in a sentence.
    pub(super) what: String,
    /// The test that must fail: its crate or suite, and its path there.
    pub(super) caught_by: String,
    pub(super) caught: bool,
}

pub(super) const FILE: &str = "mutants.json";

pub(super) async fn run(tools: &Tools, Options { only }: &Options, commit: String) -> Result<()> {
    local::build(tools, Progress).await?;
    let mut patches = patches()?;
    patches.retain(|(patch, _)| only.as_ref().is_none_or(|only| patch.name.contains(only)));
    ensure!(!patches.is_empty(), "no patch of e2e/mutations has that in its name");
    let tree = Tree::of_the_last_commit(tools).await?;
    tree.passes(&patches.iter().map(|(patch, _)| &*patch.caught_by).collect()).await?;
    let mut results = vec![];
    for (number, (mut patch, file)) in patches.iter().cloned().enumerate() {
        eprintln!("── {} of {}: {} ({})", number + 1, patches.len(), patch.name, patch.what);
        patch.caught = tree.catches(&patch, &file).await.with_context(|| patch.name.clone())?;
        eprintln!("{} {}", if patch.caught { "✓ caught by" } else { "✗ NOT caught by" }, patch.caught_by);
        results.push(patch);
    }
    let missed: Vec<_> = results.iter().filter(|patch| !patch.caught).map(|patch| patch.name.clone()).collect();
    if only.is_none() {
        let generated = generated::find().await?;
        let survivors = generated.missed.len();
        super::keep(FILE, commit, Mutants { patches: results, generated: Some(generated) })?;
        ensure!(survivors == 0, "no test notices {survivors} of cargo-mutants' mutants: see docs/reliability.md");
    }
    ensure!(missed.is_empty(), "not caught: {}", missed.join(", "));
    Ok(())
}

fn patches() -> Result<Vec<(Patch, PathBuf)>> {
    let folder = fs::read_dir(root().join("e2e/mutations"))?;
    let mut files = folder.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    let patch = |file: PathBuf| {
        let text = fs::read_to_string(&file)?;
        let (what, rest) = text.split_once("\n\nCaught-by: ").context("a patch says what it breaks, and Caught-by")?;
        let caught_by = rest.lines().next().unwrap_or_default().to_owned();
        let name = file.file_stem().unwrap_or_default().display().to_string();
        Ok((Patch { name, what: what.to_owned(), caught_by, caught: false }, file))
    };
    files.into_iter().map(patch).collect()
}
