//! Who may know whom (ARCHITECTURE.md, "The rooms").

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Each room, and the rooms of ours that it may depend on.
const ROOMS: [(&str, &[&str]); 21] = [
    ("domain", &[]),
    ("telemetry", &[]),
    ("workspace-hack", &[]),
    ("lambda-startup", &["workspace-hack", "telemetry"]),
    ("store", &["domain", "telemetry"]),
    ("topic", &["domain", "telemetry"]),
    ("sqs-batch", &["domain", "telemetry"]),
    ("subscriber", &["sqs-batch", "store"]),
    ("orders", &["domain", "lambda-startup", "store", "telemetry", "topic"]),
    ("outbox-relay", &["domain", "lambda-startup", "store", "telemetry", "topic"]),
    ("fulfilment", &["sqs-batch", "domain", "lambda-startup", "store", "subscriber"]),
    ("invoicing", &["sqs-batch", "domain", "lambda-startup", "store", "subscriber", "telemetry"]),
    ("promotion", &["sqs-batch", "domain", "lambda-startup", "store", "subscriber", "telemetry"]),
    ("devstack", &[]),
    ("lambda-sandbox", &[]),
    ("aws-mock", &["domain"]),
    ("ops", &["domain", "store", "topic"]),
    ("e2e", &["lambda-sandbox", "devstack"]),
    ("bench", &["lambda-sandbox", "devstack"]),
    ("no-op", &["workspace-hack"]),
    ("xtask", &["devstack"]),
];

/// What only some rooms may name. `workspace-hack` names all that the functions share and uses none
/// of it.
const NAMED_BY: [(&str, &[&str]); 8] = [
    ("aws-sdk-dynamodb", &["workspace-hack", "store", "aws-mock", "e2e"]),
    ("aws-sdk-sns", &["workspace-hack", "topic", "aws-mock", "e2e"]),
    ("aws-sdk-sqs", &["aws-mock", "ops", "e2e"]),
    ("aws_lambda_events", &["workspace-hack", "sqs-batch"]),
    ("aws-sdk-cloudformation", &["ops"]),
    ("aws-sdk-cloudwatchlogs", &["ops"]),
    ("aws-config", &["ops", "e2e"]),
    ("metrique-writer-format-emf", &["workspace-hack", "telemetry"]),
];

/// The rooms that read the environment: `lambda-startup` for the functions; the others are not part
/// of them.
const READ_THE_ENVIRONMENT: [&str; 5] = ["lambda-startup", "devstack", "aws-mock", "e2e", "xtask"];

fn rooms() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata works");
    metadata.packages
}

fn dependencies(room: &Package) -> impl Iterator<Item = &str> {
    let built = room
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development);
    built.map(|dependency| dependency.name.as_str())
}

#[test]
fn every_room_is_known() {
    let found: BTreeSet<_> = rooms().into_iter().map(|room| room.name.to_string()).collect();
    let known: BTreeSet<_> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(found, known);
}

#[test]
fn a_room_depends_only_on_the_rooms_it_may_know() {
    for room in rooms() {
        let (_, allowed) =
            ROOMS.iter().find(|(name, _)| *name == room.name.as_str()).expect("the room is known");
        for dependency in
            dependencies(&room).filter(|name| ROOMS.iter().any(|(room, _)| room == name))
        {
            assert!(allowed.contains(&dependency), "{} may not know {dependency}", room.name);
        }
    }
}

#[test]
fn an_aws_service_is_named_in_its_own_room_only() {
    for room in rooms() {
        for dependency in dependencies(&room) {
            let rule = NAMED_BY.iter().find(|(name, _)| *name == dependency);
            let allowed = rule.is_none_or(|(_, rooms)| rooms.contains(&room.name.as_str()));
            assert!(allowed, "{} may not name {dependency}", room.name);
        }
    }
}

#[test]
fn the_first_command_links_no_aws_sdk() {
    let metadata = MetadataCommand::new().exec().expect("cargo metadata works");
    let resolve = metadata.resolve.as_ref().expect("dependencies are resolved");
    let mut reached: BTreeSet<_> = BTreeSet::new();
    let mut todo: Vec<_> = rooms()
        .into_iter()
        .filter(|room| ["xtask", "devstack"].contains(&room.name.as_str()))
        .map(|room| room.id)
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
fn the_environment_is_read_in_startup_only() {
    for room in
        rooms().into_iter().filter(|room| !READ_THE_ENVIRONMENT.contains(&room.name.as_str()))
    {
        let sources = room.manifest_path.parent().expect("a manifest lies in a folder").join("src");
        each_source(sources.as_std_path(), &mut |path, text| {
            for call in ["env::var", "env::vars", "std::env"] {
                assert!(!text.contains(call), "{} reads the environment", path.display());
            }
        });
    }
}

#[test]
fn main_only_wires() {
    for room in rooms().into_iter().filter(|room| devstack::FUNCTIONS.contains(&room.name.as_str()))
    {
        let main =
            room.manifest_path.parent().expect("a manifest lies in a folder").join("src/main.rs");
        let text = fs::read_to_string(&main).expect("a function has a main.rs");
        assert_eq!(text.matches("fn ").count(), 1, "{main} has more than fn main");
        assert!(text.lines().count() <= 40, "{main} does more than wire");
    }
}

fn each_source(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).expect("a room has sources") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            each_source(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&path, &fs::read_to_string(&path).expect("a source can be read"));
        }
    }
}
