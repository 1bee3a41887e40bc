//! The patches of tests/mutations, which `cargo xtask verify mutants` applies.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use devstack::root;

fn patches() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("tests/mutations")).expect("there are mutations");
    folder.map(|entry| entry.expect("the folder can be read").path()).collect()
}

#[test]
fn every_patch_applies() {
    assert!(!patches().is_empty());
    for patch in patches() {
        let git =
            Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(root()).output();
        let git = git.expect("git runs");
        let errors = String::from_utf8_lossy(&git.stderr);
        assert!(
            git.status.success(),
            "the code has changed: write {} anew\n{errors}",
            patch.display()
        );
    }
}

#[test]
fn every_patch_names_an_existing_test() {
    for patch in patches() {
        let text = fs::read_to_string(&patch).expect("a patch is text");
        let caught_by =
            text.split_once("\n\nCaught-by: ").and_then(|(_, rest)| rest.lines().next());
        let names: Vec<_> = caught_by.expect("a patch says what catches it").split("::").collect();
        let [suite, modules @ .., wanted] = &names[..] else { panic!("{}", patch.display()) };
        // A module `tests` is a part of the file of its parent, or a file.
        let parent = match modules {
            ["tests"] => "lib".to_owned(),
            [parent @ .., "tests"] => parent.join("/"),
            modules => modules.join("/"),
        };
        let files = [parent, modules.join("/")].map(|module| match *suite {
            "pipeline" | "faults" => format!("tests/e2e/tests/{suite}/{module}.rs"),
            package => format!("crates/{package}/src/{module}.rs"),
        });
        let has_test = |file: &String| {
            let source = fs::read_to_string(root().join(file)).unwrap_or_default();
            source.contains(&format!("fn {wanted}()"))
        };
        assert!(
            files.iter().any(has_test),
            "{} names {wanted}, which is not in {}",
            patch.display(),
            files[0]
        );
    }
}
