//! The names of the functions.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};

use crate::workspace::root;

/// The functions by package and binary name, in alphabetical order: the folders of `functions/`.
///
/// # Panics
///
/// If the folder cannot be read.
#[must_use]
pub fn functions() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let names = functions_in(root()).unwrap_or_else(|error| panic!("{error:#}"));
        names.into_iter().map(|name| &*name.leak()).collect()
    });
    &NAMES
}

/// The same of a copy of the repository.
pub fn functions_in(tree: &Path) -> Result<Vec<String>> {
    let folder = tree.join("functions");
    let mut names = vec![];
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// A function's logical id in the template, which is also its folder in `sam build`'s output:
/// `OutboxRelayFunction` for `outbox-relay`.
#[must_use]
pub fn resource(function: &str) -> String {
    let capitalised = |word: &str| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
    format!("{}Function", function.split('-').map(capitalised).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_the_packages_under_functions() {
        assert!(functions().is_sorted() && functions().contains(&"outbox-relay"));
        assert_eq!(resource("outbox-relay"), "OutboxRelayFunction");
    }
}
