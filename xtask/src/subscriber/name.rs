//! The name of a subscriber.

use std::fs;

use anyhow::{Context, Result, ensure};
use devstack::root;

/// Lambda's limit for a function's name is 64, of which this leaves 43 for the stack and a hyphen.
const MAX_LENGTH: usize = 20;

/// Names of packages that every Rust program can refer to.
const RESERVED: [&str; 5] = ["alloc", "build", "core", "std", "test"];

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
        ensure!(
            is_identifier && !RESERVED.contains(&name),
            "`{name}` means something else in Rust: choose another name"
        );
        Ok(Self(name.to_owned()))
    }

    /// Fails if a function or a dependency has the name already.
    pub(crate) fn ensure_free(&self) -> Result<()> {
        ensure!(
            !devstack::functions().contains(&self.0.as_str()),
            "functions/{} is there already",
            self.0
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
    fn rust_words_are_rejected() {
        for wrong in ["match", "type", "async", "std", "test"] {
            let error = Name::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("means something else in Rust"), "{error}");
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
