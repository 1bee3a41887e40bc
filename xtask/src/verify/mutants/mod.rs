//! Mutation testing: each patch of tests/mutations must fail the test that it names, and
//! cargo-mutants generates changes of everything in `crates/` that some test must catch.

mod generated;
mod tree;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use devstack::{Progress, Tools, root};
use serde::{Deserialize, Serialize};

pub(super) use generated::Generated;
use tree::Tree;

/// Options of `cargo xtask verify mutants`. By default it runs everything.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run only the patches of tests/mutations.
    #[arg(long)]
    patches: bool,
    /// Run only cargo-mutants.
    #[arg(long, conflicts_with = "patches")]
    generated: bool,
    /// Run only the patches with this in their names, and do not keep the result.
    #[arg(long, conflicts_with = "generated")]
    only: Option<String>,
}

/// The results of the patches.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mutations {
    pub(super) patches: Vec<Patch>,
}

/// A patch of tests/mutations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Patch {
    pub(super) name: String,
    /// The mutation, in a sentence.
    pub(super) what: String,
    /// The test that must fail: its crate or suite, and its path there.
    pub(super) caught_by: String,
    pub(super) caught: bool,
}

pub(super) const MUTATIONS: &str = "mutations.json";
pub(super) const GENERATED: &str = "mutants.json";

pub(super) async fn run(tools: &Tools, options: &Options, commit: &str) -> Result<()> {
    if !options.generated {
        break_on_purpose(tools, options.only.as_deref(), commit).await?;
    }
    if !options.patches && options.only.is_none() {
        let generated = generated::find(tools).await?;
        super::keep(GENERATED, commit, &generated)?;
        generated.ensure_caught()?;
    }
    Ok(())
}

async fn break_on_purpose(tools: &Tools, only: Option<&str>, commit: &str) -> Result<()> {
    devstack::build(tools, Progress).await?;
    let mut todo = patches()?;
    todo.retain(|(patch, _)| only.is_none_or(|only| patch.name.contains(only)));
    ensure!(!todo.is_empty(), "no patch of tests/mutations has that in its name");
    let tree = Tree::of_the_last_commit(tools).await?;
    tree.passes(&todo.iter().map(|(patch, _)| &*patch.caught_by).collect()).await?;
    let (mut patches, all) = (vec![], todo.len());
    for (number, (mut patch, file)) in todo.into_iter().enumerate() {
        eprintln!("── {} of {all}: {} ({})", number + 1, patch.name, patch.what);
        // One that does not compile shall not keep the others from being tried.
        let caught = tree.catches(&patch, &file).await?;
        match &caught {
            Ok(true) => eprintln!("✓ caught by {}", patch.caught_by),
            Ok(false) => eprintln!("✗ NOT caught by {}", patch.caught_by),
            Err(error) => eprintln!("✗ NOT tried: {error:#}"),
        }
        patch.caught = caught.is_ok_and(|caught| caught);
        patches.push(patch);
    }
    let missed: Vec<_> =
        patches.iter().filter(|patch| !patch.caught).map(|patch| patch.name.clone()).collect();
    if only.is_none() {
        super::keep(MUTATIONS, commit, &Mutations { patches })?;
    }
    ensure!(missed.is_empty(), "not caught, or not tried: {}", missed.join(", "));
    Ok(())
}

fn patches() -> Result<Vec<(Patch, PathBuf)>> {
    let folder = fs::read_dir(root().join("tests/mutations"))?;
    let mut files = folder.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    let patch = |file: PathBuf| {
        let text = fs::read_to_string(&file)?;
        let (what, rest) = text
            .split_once("\n\nCaught-by: ")
            .context("a patch says what it breaks, and Caught-by")?;
        let caught_by = rest.lines().next().unwrap_or_default().to_owned();
        let name = file.file_stem().unwrap_or_default().display().to_string();
        Ok((Patch { name, what: what.to_owned(), caught_by, caught: false }, file))
    };
    files.into_iter().map(patch).collect()
}
