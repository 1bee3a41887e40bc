//! What follows from what was found.

use super::needs::{Need, Purpose};

/// Whether something can be done, and the lines that say so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) possible: bool,
    pub(super) lines: Vec<String>,
}

/// The heading says ✗ if and only if a line below it does.
pub(super) fn verdict(purpose: &Purpose, found: &[(&Need, Option<String>)]) -> Verdict {
    let missing: Vec<_> =
        found.iter().filter(|(need, found)| need.must && found.is_none()).collect();
    let possible = missing.is_empty();
    let mut heading = format!("{} {} ({})", mark(possible, true), purpose.title, purpose.by);
    if !possible {
        let names: Vec<_> = missing.iter().map(|(need, _)| need.what).collect();
        heading = format!("{heading}: missing {}", names.join(", "));
    }
    let line = |(need, found): &(&Need, Option<String>)| {
        let said = found.as_deref().unwrap_or(need.how);
        format!("    {} {:16} {said}", mark(found.is_some(), need.must), need.what)
    };
    Verdict { possible, lines: std::iter::once(heading).chain(found.iter().map(line)).collect() }
}

fn mark(there: bool, must: bool) -> char {
    match (there, must) {
        (true, _) => '✓',
        (false, true) => '✗',
        (false, false) => '–',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::needs::Look;

    const RUST: Need =
        Need { what: "Rust", look: Look::Python, must: true, how: "https://rustup.rs" };
    const SAM: Need =
        Need { what: "SAM CLI", look: Look::Python, must: false, how: "cargo xtask tools" };
    const DEVELOP: Purpose =
        Purpose { title: "Develop", by: "cargo xtask run", needs: &[RUST, SAM] };

    fn judged(rust: Option<&str>, sam: Option<&str>) -> Verdict {
        verdict(&DEVELOP, &[(&RUST, rust.map(str::to_owned)), (&SAM, sam.map(str::to_owned))])
    }

    #[test]
    fn present_tool_is_shown_with_its_version() {
        let Verdict { possible, lines } = judged(Some("cargo 1.95.0"), Some("SAM CLI 1.167.0"));
        assert!(possible);
        assert_eq!(lines[0], "✓ Develop (cargo xtask run)");
        assert_eq!(lines[1], "    ✓ Rust             cargo 1.95.0");
    }

    #[test]
    fn missing_tool_is_named_with_install_instructions() {
        let Verdict { possible, lines } = judged(None, Some("SAM CLI 1.167.0"));
        assert!(!possible);
        assert_eq!(lines[0], "✗ Develop (cargo xtask run): missing Rust");
        assert_eq!(lines[1], "    ✗ Rust             https://rustup.rs");
    }

    #[test]
    fn optional_tool_does_not_block() {
        let Verdict { possible, lines } = judged(Some("cargo 1.95.0"), None);
        assert!(possible);
        assert_eq!(lines[0], "✓ Develop (cargo xtask run)");
        assert_eq!(lines[2], "    – SAM CLI          cargo xtask tools");
    }
}
