//! The workspace crates that each crate may depend on (ARCHITECTURE.md).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Each crate, and the workspace crates that it may depend on.
const ALLOWED_DEPENDENCIES: [(&str, &[&str]); 19] = [
    ("aws-client", &[]),
    ("domain", &[]),
    ("telemetry", &[]),
    ("workspace-hack", &[]),
    ("lambda-startup", &["workspace-hack", "telemetry"]),
    ("store", &["aws-client", "domain", "telemetry"]),
    ("topic", &["aws-client", "domain", "telemetry"]),
    ("sqs-batch", &[]),
    ("subscriber", &["domain", "lambda-startup", "sqs-batch", "store", "telemetry"]),
    ("orders", &["domain", "lambda-startup", "store", "telemetry", "topic"]),
    ("outbox-relay", &["domain", "lambda-startup", "store", "telemetry", "topic"]),
    ("devstack", &[]),
    ("lambda-sandbox", &[]),
    ("aws-mock", &["domain"]),
    ("ops", &["aws-client", "domain", "store", "topic"]),
    ("e2e", &["lambda-sandbox", "devstack"]),
    ("bench", &["lambda-sandbox", "devstack"]),
    ("no-op", &["workspace-hack"]),
    ("xtask", &["devstack"]),
];

/// What a function that depends on `subscriber` may depend on. It needs no rule of its own.
const ALLOWED_TO_SUBSCRIBERS: &[&str] = &["domain", "subscriber"];

/// The workspace crates that a crate may depend on; `None` if it has no rule.
fn allowed_to(package: &Package) -> Option<&'static [&'static str]> {
    let rule = ALLOWED_DEPENDENCIES.iter().find(|(name, _)| *name == package.name.as_str());
    let is_subscriber = dependencies(package).any(|dependency| dependency == "subscriber");
    rule.map(|(_, allowed)| *allowed).or(is_subscriber.then_some(ALLOWED_TO_SUBSCRIBERS))
}

/// Dependencies that only some crates may declare. `workspace-hack` declares all that the functions
/// share, and uses none of it.
const ALLOWED_USERS: [(&str, &[&str]); 8] = [
    ("aws-sdk-dynamodb", &["workspace-hack", "store", "aws-mock", "e2e"]),
    ("aws-sdk-sns", &["workspace-hack", "topic", "aws-mock", "e2e"]),
    ("aws-sdk-sqs", &["aws-mock", "ops", "e2e"]),
    ("aws_lambda_events", &["workspace-hack", "sqs-batch"]),
    ("aws-sdk-cloudformation", &["ops"]),
    ("aws-sdk-cloudwatchlogs", &["ops"]),
    ("aws-config", &["ops", "e2e"]),
    ("metrique-writer-format-emf", &["workspace-hack", "telemetry"]),
];

/// The crates that read the environment: `lambda-startup` for the functions, and tools and tests.
const ENVIRONMENT_READERS: [&str; 5] = ["lambda-startup", "devstack", "aws-mock", "e2e", "xtask"];

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata works");
    metadata.packages
}

fn dependencies(package: &Package) -> impl Iterator<Item = &str> {
    let built = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development);
    built.map(|dependency| dependency.name.as_str())
}

#[test]
fn every_crate_has_a_rule() {
    let packages = packages();
    for package in &packages {
        assert!(allowed_to(package).is_some(), "{} has no rule", package.name);
    }
    for (name, _) in ALLOWED_DEPENDENCIES {
        let is_there = packages.iter().any(|package| package.name.as_str() == name);
        assert!(is_there, "the rule for {name} is for no crate");
    }
}

#[test]
fn crates_depend_only_on_allowed_crates() {
    let packages = packages();
    for package in &packages {
        let allowed = allowed_to(package).expect("the crate has a rule");
        let ours = dependencies(package)
            .filter(|name| packages.iter().any(|package| package.name.as_str() == *name));
        for dependency in ours {
            let is_allowed = allowed.contains(&dependency);
            assert!(is_allowed, "{} may not depend on {dependency}", package.name);
        }
    }
}

/// Cargo would strip or refuse a dependency on a crate that is not published.
#[test]
fn only_sqs_batch_is_published_and_needs_nothing_of_ours() {
    for package in packages() {
        let is_published = package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
        assert_eq!(is_published, package.name.as_str() == "sqs-batch", "{}", package.name);
        let ours = package.dependencies.iter().find(|dependency| dependency.path.is_some());
        assert!(ours.is_none() || !is_published, "{} depends on {ours:?}", package.name);
    }
}

#[test]
fn aws_sdks_are_used_only_by_allowed_crates() {
    for package in packages() {
        for dependency in dependencies(&package) {
            let rule = ALLOWED_USERS.iter().find(|(name, _)| *name == dependency);
            let allowed = rule.is_none_or(|(_, users)| users.contains(&package.name.as_str()));
            assert!(allowed, "{} may not depend on {dependency}", package.name);
        }
    }
}

#[test]
fn xtask_links_no_aws_sdk() {
    let metadata = MetadataCommand::new().exec().expect("cargo metadata works");
    let resolve = metadata.resolve.as_ref().expect("dependencies are resolved");
    let mut reached: BTreeSet<_> = BTreeSet::new();
    let mut todo: Vec<_> = packages()
        .into_iter()
        .filter(|package| ["xtask", "devstack"].contains(&package.name.as_str()))
        .map(|package| package.id)
        .collect();
    while let Some(id) = todo.pop() {
        let node = resolve.nodes.iter().find(|node| node.id == id).expect("a resolved package");
        let built = node.deps.iter().filter(|dependency| {
            dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
        });
        todo.extend(
            built.map(|dependency| dependency.pkg.clone()).filter(|id| reached.insert(id.clone())),
        );
    }
    let names = reached.iter().map(|id| metadata[id].name.as_str());
    let aws: Vec<_> = names.filter(|name| name.starts_with("aws-")).collect();
    assert!(aws.is_empty(), "{aws:?}");
}

#[test]
fn environment_is_read_in_startup_only() {
    for package in packages()
        .into_iter()
        .filter(|package| !ENVIRONMENT_READERS.contains(&package.name.as_str()))
    {
        let sources =
            package.manifest_path.parent().expect("a manifest lies in a folder").join("src");
        each_source(sources.as_std_path(), &mut |path, text| {
            for call in ["env::var", "env::vars", "std::env"] {
                assert!(!text.contains(call), "{} reads the environment", path.display());
            }
        });
    }
}

#[test]
fn main_contains_only_wiring() {
    for package in packages()
        .into_iter()
        .filter(|package| devstack::functions().contains(&package.name.as_str()))
    {
        let main = package
            .manifest_path
            .parent()
            .expect("a manifest lies in a folder")
            .join("src/main.rs");
        let text = fs::read_to_string(&main).expect("a function has a main.rs");
        assert_eq!(text.matches("fn ").count(), 1, "{main} has more than fn main");
        assert!(text.lines().count() <= 45, "{main} does more than wire");
    }
}

fn each_source(folder: &Path, check: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).expect("a package has sources") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            each_source(&path, check);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            check(&path, &fs::read_to_string(&path).expect("a source can be read"));
        }
    }
}
