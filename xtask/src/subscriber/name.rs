//! The name of a subscriber.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use devstack::root;

/// Lambda's limit for a function's name is 64, of which this leaves 43 for the stack and a hyphen.
const MAX_LENGTH: usize = 20;

/// Names that Rust, or cargo in its build folder, has given to something else.
/// <https://doc.rust-lang.org/cargo/commands/cargo-new.html>
const RESERVED_IN_RUST: [&str; 9] =
    ["alloc", "build", "core", "deps", "examples", "gen", "incremental", "std", "test"];

/// Words that YAML 1.1 or 1.2 reads as something else than text.
const RESERVED_IN_YAML: [&str; 5] = ["no", "null", "off", "on", "yes"];

/// Files that Windows cannot have.
const RESERVED_IN_WINDOWS: [&str; 4] = ["aux", "con", "nul", "prn"];

/// A name that a package, a function and the template's resources can have: one lower-case word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// Checks the form of a name.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        let is_word = name.chars().all(|letter| letter.is_ascii_lowercase());
        ensure!(
            is_word && (2..=MAX_LENGTH).contains(&name.len()),
            "`{name}` is no name for a subscriber: use one lower-case word of 2 to {MAX_LENGTH} letters, such as loyalty"
        );
        let is_identifier = syn::parse_str::<syn::Ident>(name).is_ok();
        let meaning = match name {
            _ if !is_identifier || RESERVED_IN_RUST.contains(&name) => Some("Rust"),
            _ if RESERVED_IN_YAML.contains(&name) => Some("YAML"),
            _ if RESERVED_IN_WINDOWS.contains(&name) => Some("Windows"),
            _ => None,
        };
        if let Some(meaning) = meaning {
            bail!("`{name}` means something else in {meaning}: choose another name");
        }
        Ok(Self(name.to_owned()))
    }

    /// Fails if a folder of a function or a dependency has the name already.
    pub(crate) fn ensure_free(&self) -> Result<()> {
        ensure!(
            !root().join(self.folder()).exists(),
            "{folder} is there already; if it is a subscriber, `cargo xtask remove subscriber {name}` removes it",
            folder = self.folder().display(),
            name = self.0
        );
        let lock = fs::read_to_string(root().join("Cargo.lock")).context("Cargo.lock")?;
        ensure!(
            !lock.lines().any(|line| line == format!("name = \"{}\"", self.0)),
            "a package that this workspace uses is called `{}`: choose another name",
            self.0
        );
        Ok(())
    }

    /// The name as in the template's logical ids: `Loyalty`.
    pub(crate) fn id(&self) -> String {
        format!("{}{}", self.0[..1].to_uppercase(), &self.0[1..])
    }

    /// The folder of its function, below the repository's.
    pub(crate) fn folder(&self) -> PathBuf {
        Path::new("functions").join(&self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_one_short_lower_case_word() {
        assert_eq!(Name::parse("loyalty").unwrap().id(), "Loyalty");
        for wrong in ["", "a", "Loyalty", "loyalty-points", "points2", "é", &"a".repeat(21), "a b"]
        {
            let error = Name::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("one lower-case word of 2 to 20 letters"), "{error}");
        }
    }

    #[test]
    fn words_with_another_meaning_are_rejected() {
        let rust = ["match", "type", "async", "true", "std", "test", "build", "deps", "gen"];
        let cargo = ["examples", "incremental"];
        for (wrong, meaning) in [
            (&rust[..], "Rust"),
            (&cargo, "Rust"),
            (&["no", "null", "off", "on", "yes"], "YAML"),
            (&["aux", "con", "nul", "prn"], "Windows"),
        ] {
            for wrong in wrong {
                let error = Name::parse(wrong).unwrap_err().to_string();
                assert!(error.contains(&format!("means something else in {meaning}")), "{error}");
            }
        }
    }

    #[test]
    fn taken_names_are_rejected() {
        for (taken, why) in [("fulfilment", "is there already"), ("serde", "is called `serde`")] {
            let error = Name::parse(taken).unwrap().ensure_free().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
