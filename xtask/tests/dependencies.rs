//! docs/reference/dependencies.md lists exactly the direct dependencies, each with its purpose.

use std::collections::BTreeSet;
use std::fs;

use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};
use devstack::{CargoTool, functions, root};

/// The names in the table below a heading of the page. Each must have a purpose beside it.
fn listed(heading: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/reference/dependencies.md"))
        .expect("the page is there");
    let section = page
        .split("\n## ")
        .find(|section| section.lines().next() == Some(heading))
        .expect("a section");
    let lines = section.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let name = |line: &str| {
        let (name, why) = line.split_once("` | ").expect("a name and what it is for");
        assert!(why.len() > 5, "{name} is for something");
        name.to_owned()
    };
    lines.map(name).collect()
}

fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo metadata works")
}

/// The functions, and the workspace crates that they link.
fn linked(metadata: &Metadata) -> Vec<&Package> {
    let mut packages: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| functions().contains(&package.name.as_str()))
        .collect();
    let mut at = 0;
    while let Some(package) = packages.get(at) {
        let names: Vec<_> = of_a_build(package).map(|dependency| &dependency.name).collect();
        let more =
            metadata.packages.iter().filter(|package| names.contains(&&package.name.to_string()));
        let more: Vec<_> = more
            .filter(|package| packages.iter().all(|known| known.name != package.name))
            .collect();
        packages.extend(more);
        at += 1;
    }
    packages
}

fn of_a_build(package: &Package) -> impl Iterator<Item = &Dependency> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development && !dependency.optional)
}

/// The dependencies from outside the workspace.
fn foreign<'a>(dependencies: impl Iterator<Item = &'a Dependency>) -> BTreeSet<String> {
    dependencies
        .filter(|dependency| dependency.path.is_none())
        .map(|dependency| dependency.name.clone())
        .collect()
}

#[test]
fn function_dependencies_are_documented() {
    let metadata = metadata();
    let packages = linked(&metadata);
    assert!(
        packages.iter().any(|package| package.name.as_str() == "domain"),
        "what functions link is followed"
    );
    assert_eq!(listed("In the functions"), foreign(packages.into_iter().flat_map(of_a_build)));
}

#[test]
fn tool_and_test_dependencies_are_documented() {
    let all = foreign(metadata().packages.iter().flat_map(|package| &package.dependencies));
    let elsewhere: BTreeSet<_> = all.difference(&listed("In the functions")).cloned().collect();
    assert_eq!(listed("In the tools, the tests and the measuring side"), elsewhere);
}

#[test]
fn every_workspace_dependency_is_used() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let versions = manifest["workspace"]["dependencies"].as_table().expect("versions").keys();
    let packages = metadata().packages;
    let used: BTreeSet<_> =
        packages.iter().flat_map(|package| &package.dependencies).map(|used| &used.name).collect();
    let unused: Vec<_> = versions.filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn tools_are_documented() {
    let mut tools: BTreeSet<_> = CargoTool::ALL.iter().map(|tool| tool.name.to_owned()).collect();
    for file in fs::read_dir(root().join("tools/devstack/tools")).expect("the tools' folder") {
        let file = file.expect("the folder can be read").path();
        if file.extension().is_some_and(|extension| extension == "in") {
            let text = fs::read_to_string(file).expect("a list of tools");
            tools.extend(
                text.lines().map(|line| line.split("==").next().unwrap_or(line).to_owned()),
            );
        }
    }
    assert_eq!(listed("Tools"), tools);
}
