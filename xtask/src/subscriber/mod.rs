//! `cargo xtask new subscriber` and `cargo xtask remove subscriber`.

mod files;
mod filter;
mod name;
mod template_edit;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use devstack::root;
use similar::TextDiff;
use tokio::process::Command;

use crate::git;
use filter::Filter;
use name::Name;

/// What can be added.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum New {
    /// Add a subscriber: a function with its queue, dead-letter queues, table, permissions and
    /// alarms, which writes a row for each order.
    Subscriber(NewOptions),
}

/// What can be removed.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Remove {
    /// Remove a subscriber: its function, and its part of template.yaml.
    Subscriber(RemoveOptions),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct NewOptions {
    /// One lower-case word, such as loyalty.
    name: String,
    /// Which orders it gets: 'amount >= 100', '10 <= amount < 100' or 'type = order.placed'. By
    /// default all.
    #[arg(long)]
    filter: Option<String>,
    /// Show the changes and write nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RemoveOptions {
    name: String,
    /// Show the changes and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Delete the function's folder even if it has changes that are not committed.
    #[arg(long)]
    force: bool,
}

const TEMPLATE: &str = "template.yaml";

pub(crate) async fn add(New::Subscriber(options): New) -> Result<()> {
    let name = Name::parse(&options.name)?;
    name.ensure_free()?;
    let filter = options.filter.as_deref().map(Filter::parse).transpose()?;
    let before = fs::read_to_string(root().join(TEMPLATE)).context(TEMPLATE)?;
    let after = template_edit::add(&before, &name, &files::texts(&name, filter.as_ref())?)?;
    devstack::expand_template(&after)
        .with_context(|| format!("the name `{}` cannot be used", name.as_str()))?;
    let package = files::package(&name, filter.as_ref())?;
    let folder = Path::new("functions").join(name.as_str());
    if options.dry_run {
        for (file, text) in &package {
            show_diff(&folder.join(file), "", text);
        }
        show_diff(Path::new(TEMPLATE), &before, &after);
        println!("Cargo.lock gets the package as well. Nothing was written.");
        return Ok(());
    }
    for (file, text) in &package {
        let path = root().join(&folder).join(file);
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    fs::write(root().join(TEMPLATE), after).context(TEMPLATE)?;
    update_lock_file().await?;
    let mut format = Command::new("cargo");
    run(format.args(["fmt", "--package", name.as_str()])).await?;
    println!(
        "Added the subscriber {name}: {folder}, its part of {TEMPLATE}, and Cargo.lock.\n\
         Next: say in {folder}/src/handler.rs what its row holds, and in its row of the mapping\n\
         Functions in {TEMPLATE} what it does. Then: cargo xtask run (docs/guides/add-a-subscriber.md).",
        name = name.as_str(),
        folder = folder.display(),
    );
    Ok(())
}

pub(crate) async fn remove(Remove::Subscriber(options): Remove) -> Result<()> {
    let name = Name::parse(&options.name)?;
    let folder = PathBuf::from("functions").join(name.as_str());
    ensure!(
        root().join(&folder).is_dir(),
        "there is no subscriber {}: functions/ has {}",
        name.as_str(),
        devstack::functions().join(", ")
    );
    let before = fs::read_to_string(root().join(TEMPLATE)).context(TEMPLATE)?;
    let after = template_edit::remove(&before, &name)?;
    devstack::expand_template(&after)?;
    if options.dry_run {
        show_diff(Path::new(TEMPLATE), &before, &after);
        println!("The folder {} goes as well. Nothing was written.", folder.display());
        return Ok(());
    }
    let changes = git::changes(&folder)?;
    ensure!(
        changes.is_empty() || options.force,
        "{} has changes that are not committed; commit them, or delete them with --force",
        folder.display()
    );
    fs::remove_dir_all(root().join(&folder)).with_context(|| folder.display().to_string())?;
    fs::write(root().join(TEMPLATE), after).context(TEMPLATE)?;
    update_lock_file().await?;
    println!(
        "Removed the subscriber {name}: {folder}, its part of {TEMPLATE}, and its package in Cargo.lock.\n\
         A stack that has it loses on its next deployment the messages in its queue and its\n\
         dead-letter queues, and the rows of its table. In prod the table stays, outside the stack.",
        name = name.as_str(),
        folder = folder.display(),
    );
    Ok(())
}

/// Adds new packages of the workspace to Cargo.lock, and removes those that are gone.
async fn update_lock_file() -> Result<()> {
    let mut cargo = Command::new("cargo");
    run(cargo.args(["update", "--workspace", "--offline", "--quiet"])).await
}

async fn run(command: &mut Command) -> Result<()> {
    let status = command.current_dir(root()).status().await.context("cargo cannot be run")?;
    ensure!(status.success(), "{:?} ended with {status}", command.as_std());
    Ok(())
}

fn show_diff(path: &Path, before: &str, after: &str) {
    let (old, new) = (format!("a/{}", path.display()), format!("b/{}", path.display()));
    print!("{}", TextDiff::from_lines(before, after).unified_diff().header(&old, &new));
}
