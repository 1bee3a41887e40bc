//! `cargo xtask sbom`: a CycloneDX bill of materials for each function, to be kept beside the
//! deployed package.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use devstack::{Progress, SupplyChain, functions, root};
use serde_json::Value;
use tokio::process::Command;

use crate::git;

const FOLDER: &str = "target/sbom";

/// The deployed functions' target. It need not be installed.
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Writes target/sbom/<function>.cdx.json for each function. The same commit gives the same bytes
/// anywhere.
pub(crate) async fn sbom(supply: &SupplyChain) -> Result<()> {
    let mut cyclonedx = supply.cyclonedx();
    cyclonedx.args(["--quiet", "--format", "json", "--spec-version", "1.5"]);
    cyclonedx.args(["--describe", "binaries", "--target", TARGET]);
    cyclonedx.env("SOURCE_DATE_EPOCH", git::committed_at()?);
    Progress.command("Listing what is in the functions", &mut cyclonedx).await?;
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder)?;
    for (binary, left) in lists_left_behind().await? {
        if functions().contains(&&*binary) {
            let list = fs::read_to_string(&left)
                .with_context(|| format!("there is no {}", left.display()))?;
            let list = list.replace(&root().display().to_string(), "");
            names_all_that_is_linked(&binary, &serde_json::from_str(&list)?).await?;
            fs::write(folder.join(&binary).with_extension("cdx.json"), list)?;
        }
        fs::remove_file(left)?;
    }
    eprintln!("Written: {FOLDER}/{{{}}}.cdx.json", functions().join(","));
    Ok(())
}

/// cargo-cyclonedx writes a file beside the manifest of every package, one for each binary.
async fn lists_left_behind() -> Result<Vec<(String, PathBuf)>> {
    let metadata = cargo("metadata --no-deps --format-version 1").await?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let mut lists = vec![];
    for package in packages {
        let manifest =
            Path::new(package["manifest_path"].as_str().context("a package has a manifest")?);
        let binaries = package["targets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|target| target["kind"][0] == "bin");
        for name in binaries.filter_map(|binary| binary["name"].as_str()) {
            lists.push((name.to_owned(), manifest.with_file_name(format!("{name}_bin.cdx.json"))));
        }
    }
    Ok(lists)
}

/// cargo-cyclonedx also lists crates that other features would link, which is harmless. A missing
/// crate is an error.
async fn names_all_that_is_linked(function: &str, list: &Value) -> Result<()> {
    let components = list["components"].as_array().context("a list has components")?;
    let component =
        |part: &Value| Some(format!("{} v{}", part["name"].as_str()?, part["version"].as_str()?));
    let listed: BTreeSet<_> = components.iter().filter_map(component).collect();
    let tree = format!("tree --package {function} --edges normal --target {TARGET} --prefix none");
    let linked = cargo(&tree).await?;
    for line in linked.lines().skip(1) {
        let name = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        ensure!(listed.contains(&name), "{name} is in {function}, and not on its list");
    }
    Ok(())
}

async fn cargo(arguments: &str) -> Result<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments.split(' ')).arg("--locked").current_dir(root());
    let output = cargo.output().await?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {arguments}: {errors}");
    Ok(String::from_utf8(output.stdout)?)
}
