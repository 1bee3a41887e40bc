//! Reproducible builds: the functions, built twice from scratch, have the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use devstack::{Progress, Tools, functions, root};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::git;

/// Options of `cargo xtask verify reproducible`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The processor to build for.
    #[arg(long, value_enum, default_value = "arm64")]
    processor: Processor,
}

/// A processor, as the template's `Architecture` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Processor {
    #[value(name = "arm64")]
    Arm64,
    #[value(name = "x86_64")]
    X86,
}

/// The build's result.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Built {
    /// The compiler's version line.
    pub(super) compiler: String,
    pub(super) functions: Functions,
}

/// A function's `bootstrap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Binary {
    pub(super) bytes: usize,
    pub(super) sha256: String,
}

/// The binaries by function name.
type Functions = BTreeMap<String, Binary>;

impl Binary {
    fn read(folder: &Path) -> Result<Self> {
        let file = folder.join("bootstrap");
        Ok(Self::of(&fs::read(&file).with_context(|| format!("there is no {}", file.display()))?))
    }

    fn of(content: &[u8]) -> Self {
        Self { bytes: content.len(), sha256: hex::encode(Sha256::digest(content)) }
    }
}

impl Processor {
    pub(super) const ALL: [Self; 2] = [Self::Arm64, Self::X86];

    /// Its name in the template's `Architecture`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }

    pub(super) fn file(self) -> String {
        format!("reproducible-{}.json", self.name())
    }

    fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86 => "x86_64-unknown-linux-gnu",
        }
    }

    /// Fails unless the compiler can build for it.
    pub(super) async fn ensure_target(self) -> Result<()> {
        let target = self.target();
        let mut rustc = Command::new("rustc");
        rustc.args(["--print", "target-libdir", "--target", target]).current_dir(root());
        let library = Progress.command_output("Looking for the target", &mut rustc).await?;
        ensure!(
            Path::new(library.trim()).exists(),
            "{target} is not installed: rustup target add {target}"
        );
        Ok(())
    }
}

pub(super) async fn run(tools: &Tools, &Options { processor }: &Options) -> Result<()> {
    processor.ensure_target().await?;
    let compiler = compiler().await?;
    let folder = root().join("target/reproducible");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    eprintln!(
        "── Two clean builds of the last commit for {}: about five minutes each on two cores",
        processor.name()
    );
    let commit = devstack::source_commit()?;
    let first = by_cargo_lambda(tools, processor, &folder.join("first")).await?;
    let second = by_sam(tools, processor, &folder.join("second")).await?;
    show("cargo lambda build", &first);
    show("sam build", &second);
    let differ = differences(&first, &second);
    ensure!(
        differ.is_empty(),
        "built twice, {} differ; both builds are in target/reproducible",
        differ.join(", ")
    );
    // Both builds take gigabytes, and the next run does not reuse them.
    fs::remove_dir_all(&folder)?;
    super::keep(&processor.file(), &commit, &Built { compiler, functions: first })
}

async fn compiler() -> Result<String> {
    let mut rustc = Command::new("rustc");
    let version = Progress
        .command_output("Asking for the compiler's version", rustc.arg("--version"))
        .await?;
    Ok(version.trim().to_owned())
}

/// Builds without the SAM CLI, as docs/guides/deploying.md describes.
async fn by_cargo_lambda(tools: &Tools, processor: Processor, folder: &Path) -> Result<Functions> {
    git::copy_of_the_last_commit(folder).await?;
    let mut cargo = tools.cargo();
    cargo.args(["lambda", "build", "--release", "--locked", "--skip-target-check"]);
    cargo.args(["--target", processor.target()]);
    cargo.args(functions().iter().flat_map(|function| ["--package", function]));
    in_folder(&mut cargo, folder);
    Progress.command("First, by cargo lambda build", &mut cargo).await?;
    binaries(|function| folder.join("target/lambda").join(function))
}

/// Builds with the SAM CLI, as for a deployment, in another folder.
async fn by_sam(tools: &Tools, processor: Processor, folder: &Path) -> Result<Functions> {
    git::copy_of_the_last_commit(folder).await?;
    let mut sam = tools.command("sam");
    sam.args(["build", "--parameter-overrides", &format!("Architecture={}", processor.name())]);
    in_folder(&mut sam, folder).env("SAM_CLI_TELEMETRY", "0");
    Progress.command("Second, by sam build", &mut sam).await?;
    binaries(|function| folder.join(".aws-sam/build").join(devstack::resource(function)))
}

fn in_folder<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    for variable in ["CARGO_TARGET_DIR", "RUSTFLAGS", "RUSTC_WRAPPER"] {
        command.env_remove(variable);
    }
    command.current_dir(folder)
}

fn binaries(folder_of: impl Fn(&str) -> PathBuf) -> Result<Functions> {
    functions()
        .iter()
        .map(|function| Ok(((*function).to_owned(), Binary::read(&folder_of(function))?)))
        .collect()
}

fn show(builder: &str, functions: &Functions) {
    eprintln!("{builder}");
    for (function, Binary { bytes, sha256 }) in functions {
        eprintln!("  {function:11} {bytes:>9} bytes  {sha256}");
    }
}

/// The functions whose builds differ.
fn differences(first: &Functions, second: &Functions) -> Vec<String> {
    let names = first.keys().chain(second.keys().filter(|name| !first.contains_key(*name)));
    names.filter(|name| first.get(*name) != second.get(*name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(functions: &[(&str, &str)]) -> Functions {
        functions
            .iter()
            .map(|(name, content)| ((*name).to_owned(), Binary::of(content.as_bytes())))
            .collect()
    }

    #[test]
    fn differing_binaries_are_named() {
        let first = built(&[("orders", "a"), ("outbox-relay", "b")]);
        assert!(differences(&first, &built(&[("orders", "a"), ("outbox-relay", "b")])).is_empty());
        assert_eq!(
            differences(&first, &built(&[("orders", "a"), ("outbox-relay", "c")])),
            ["outbox-relay"]
        );
        assert_eq!(differences(&first, &built(&[("outbox-relay", "b")])), ["orders"]);
        assert_eq!(differences(&built(&[]), &first), ["orders", "outbox-relay"]);
    }
}
