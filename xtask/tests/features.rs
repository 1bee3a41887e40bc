//! `sam build` runs cargo once per function. If two functions use a shared dependency with
//! different features, cargo compiles it and all its dependents again.

use std::collections::BTreeMap;
use std::process::Command;

use devstack::functions;

/// Every dependency of a function, with its features.
fn features_of(function: &str) -> BTreeMap<String, String> {
    let arguments =
        ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{f}"];
    let tree = Command::new(env!("CARGO")).args(arguments).args(["--package", function]).output();
    let tree = tree.expect("cargo tree runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).expect("cargo tree prints text");
    let features = lines.lines().filter_map(|line| line.split_once('|'));
    features
        .map(|(package, features)| {
            (package.to_owned(), features.trim_end_matches(" (*)").to_owned())
        })
        .collect()
}

#[test]
fn shared_dependencies_have_the_same_features() {
    let trees =
        functions().iter().map(|function| (function, features_of(function))).collect::<Vec<_>>();
    for (one, features) in &trees {
        for (other, theirs) in &trees {
            for (package, features) in features {
                let same = theirs.get(package).is_none_or(|theirs| theirs == features);
                assert!(
                    same,
                    "{package} is built for {one} with {features}, for {other} with {}",
                    theirs[package]
                );
            }
        }
    }
    assert!(trees.iter().all(|(_, features)| {
        features.keys().any(|package| package.starts_with("aws-sdk-dynamodb "))
    }));
}

#[test]
fn one_tls_stack_serves_every_client() {
    for function in functions() {
        let packages = features_of(function);
        let named =
            |name: &str| packages.keys().filter(|package| package.starts_with(name)).count();
        assert_eq!(named("rustls v"), 1, "{function}");
        assert_eq!(named("hyper v"), 1, "{function}");
        assert_eq!(named("aws-lc-sys v") + named("openssl-sys v"), 0, "{function}");
    }
}

#[test]
fn serde_json_has_no_arbitrary_precision() {
    for function in functions() {
        let packages = features_of(function);
        let (_, features) = packages
            .iter()
            .find(|(package, _)| package.starts_with("serde_json v"))
            .expect("serde_json");
        assert!(!features.contains("arbitrary_precision"), "{function}: {features}");
    }
}
