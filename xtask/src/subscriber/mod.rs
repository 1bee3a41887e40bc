//! `cargo xtask new subscriber` and `cargo xtask remove subscriber`.

mod blocks;
mod files;
mod filter;
mod name;
mod template_check;
mod template_edit;

use std::fs;
use std::io::Write;
use std::path::Path;

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
    /// Delete the function's folder and its part of template.yaml even if they have changes that
    /// are not committed.
    #[arg(long)]
    force: bool,
}

const TEMPLATE: &str = "template.yaml";
const LOCK: &str = "Cargo.lock";

pub(crate) async fn add(New::Subscriber(options): New) -> Result<()> {
    let name = Name::parse(&options.name)?;
    let filter = options.filter.as_deref().map(Filter::parse).transpose()?;
    let before = fs::read_to_string(root().join(TEMPLATE)).context(TEMPLATE)?;
    let after = template_edit::add(&before, &name, &files::texts(&name, filter.as_ref())?)?;
    name.ensure_free()?;
    let package = files::package(&name, filter.as_ref())?;
    let folder = name.folder();
    if options.dry_run {
        for (file, text) in &package {
            show_diff(&folder.join(file), "", text);
        }
        show_diff(Path::new(TEMPLATE), &before, &after);
        println!("Cargo.lock gets the package as well. Nothing was written.");
        return Ok(());
    }
    let lock = fs::read_to_string(root().join(LOCK)).context(LOCK)?;
    if let Err(error) = write(&folder, &package, &after).await {
        undo(&folder, &lock).with_context(|| {
            format!(
                "{error:#}. Undo it with `cargo xtask remove subscriber {} --force`",
                name.as_str()
            )
        })?;
        return Err(error.context("no subscriber was added, and nothing is changed"));
    }
    println!(
        "Added the subscriber {name}: {folder}, its part of {TEMPLATE}, and {LOCK}.\n\
         Next: say in {folder}/src/handler.rs what its row holds, and in its row of the mapping\n\
         Functions in {TEMPLATE} what it does. Then: cargo xtask run (docs/guides/add-a-subscriber.md).",
        name = name.as_str(),
        folder = folder.display(),
    );
    Ok(())
}

/// Writes a new subscriber. The template is last: nothing can fail after it.
async fn write(folder: &Path, package: &[(&str, String)], template: &str) -> Result<()> {
    for (file, text) in package {
        let path = root().join(folder).join(file);
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    update_lock_file().await?;
    replace_file(TEMPLATE, template)
}

/// Removes what `write` has written before it failed.
fn undo(folder: &Path, lock: &str) -> Result<()> {
    remove_folder(folder)?;
    replace_file(LOCK, lock)
}

pub(crate) async fn remove(Remove::Subscriber(options): Remove) -> Result<()> {
    let name = Name::parse(&options.name)?;
    let folder = name.folder();
    let before = fs::read_to_string(root().join(TEMPLATE)).context(TEMPLATE)?;
    // An interrupted command leaves one without the other.
    let has_folder = root().join(&folder).is_dir();
    let is_in_template = template_edit::has(&before, &name)?;
    ensure!(
        has_folder || is_in_template,
        "there is no subscriber {}: functions/ has {}",
        name.as_str(),
        devstack::functions().join(", ")
    );
    let after = if is_in_template {
        template_edit::remove(&before, &name)?
    } else {
        ensure_is_unused_subscriber(&name, &before)?;
        before.clone()
    };
    if !options.force {
        ensure_committed(&name, &before)?;
    }
    let mut parts = vec![];
    if has_folder {
        parts.push(folder.display().to_string());
    }
    if is_in_template {
        parts.push(format!("its part of {TEMPLATE}"));
    }
    let parts = parts.join(", ");
    if options.dry_run {
        show_diff(Path::new(TEMPLATE), &before, &after);
        println!("Would remove {parts}, and its package in {LOCK}. Nothing was written.");
        return Ok(());
    }
    replace_file(TEMPLATE, &after)?;
    remove_folder(&folder).context("give the command again, to remove the rest")?;
    update_lock_file()
        .await
        .with_context(|| format!("{parts} is removed, and {LOCK} unchanged"))?;
    println!(
        "Removed the subscriber {name}: {parts}, and its package in {LOCK}.\n\
         A stack that has it loses on its next deployment the messages in its queue and its\n\
         dead-letter queues, and the rows of its table. In prod the table stays, outside the stack.",
        name = name.as_str(),
    );
    Ok(())
}

/// Fails if the folder of a function that the template does not list is not a subscriber's.
fn ensure_is_unused_subscriber(name: &Name, template: &str) -> Result<()> {
    let folder = name.folder();
    template_check::ensure_unused(template, name)
        .with_context(|| format!("{} is not a subscriber", folder.display()))?;
    let manifest = root().join(&folder).join("Cargo.toml");
    if manifest.exists() {
        let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        ensure!(
            text.contains("\nsubscriber = "),
            "{} is not a subscriber: it does not depend on the package `subscriber`",
            folder.display()
        );
    }
    Ok(())
}

/// Fails if the subscriber has changes that are in no commit.
fn ensure_committed(name: &Name, template: &str) -> Result<()> {
    let is_committed = git::changes(&name.folder())?.is_empty()
        && (!template_edit::has(template, name)?
            || template_edit::own_text(&git::committed(TEMPLATE)?, name)?
                == template_edit::own_text(template, name)?);
    ensure!(
        is_committed,
        "{}, or its part of {TEMPLATE}, has changes that are not committed; commit them, or delete \
         them with --force",
        name.folder().display()
    );
    Ok(())
}

/// Removes a folder if it is there, its Cargo.toml first: cargo ignores what is left if that is
/// interrupted.
fn remove_folder(folder: &Path) -> Result<()> {
    let path = root().join(folder);
    let manifest = path.join("Cargo.toml");
    if manifest.exists() {
        fs::remove_file(&manifest).with_context(|| manifest.display().to_string())?;
    }
    if path.exists() {
        fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Replaces the text of a file in one step, so that it is never half written.
fn replace_file(file: &str, text: &str) -> Result<()> {
    let path = root().join(file);
    let permissions = fs::metadata(&path).with_context(|| file.to_owned())?.permissions();
    let mut new = tempfile::Builder::new().permissions(permissions).tempfile_in(root())?;
    new.write_all(text.as_bytes())?;
    new.persist(&path).with_context(|| file.to_owned())?;
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
