//! `template.yaml`, with its loops expanded.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_yaml_ng::Value;

use crate::expand_loops::expand_loops;
use crate::workspace::root;

/// The template that a stack is made of: a plain SAM template without `Fn::ForEach` and mappings.
///
/// CloudFormation, the SAM CLI and the emulator expand the loops themselves. This is for those that
/// do not: tests, checkov, readers, and accounts that refuse the transform of the loops.
pub fn expanded_template() -> Result<Value> {
    let path = root().join("template.yaml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    expand_template(&text)
}

/// The text of a template, expanded.
pub fn expand_template(text: &str) -> Result<Value> {
    let template = serde_yaml_ng::from_str(text).context("template.yaml is not YAML")?;
    expand_loops(template).context("template.yaml")
}

/// [`expanded_template`] as YAML 1.1, which the SAM CLI and CloudFormation read.
pub fn expanded_template_text() -> Result<String> {
    let yaml = serde_yaml_ng::to_string(&expanded_template()?)?;
    Ok(yaml.lines().map(|line| quote_boolean_word(line) + "\n").collect())
}

/// Writes [`expanded_template_text`] to a file under `target`, and returns its path.
pub(crate) fn write_expanded_template() -> Result<PathBuf> {
    let folder = root().join("target/expanded");
    fs::create_dir_all(&folder)?;
    let path = folder.join("template.yaml");
    fs::write(&path, expanded_template_text()?)?;
    Ok(path)
}

/// Quotes a text that is a boolean in YAML 1.1 and not in YAML 1.2, such as `OFF`.
fn quote_boolean_word(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((before, word)) if BOOLEAN_WORDS.contains(&word.to_lowercase().as_str()) => {
            format!("{before} '{word}'")
        }
        _ => line.to_owned(),
    }
}

const BOOLEAN_WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_yaml_1_1_takes_for_booleans_are_quoted() {
        assert_eq!(quote_boolean_word("  Mode: OFF"), "  Mode: 'OFF'");
        assert_eq!(quote_boolean_word("  Enabled: true"), "  Enabled: true");
    }

    #[test]
    fn expanded_template_has_no_loops_left() {
        let text = expanded_template_text().unwrap();
        assert!(!text.contains("Fn::ForEach") && !text.contains("FindInMap"));
        assert!(text.contains("\n  FulfilmentDlqHasMessages:\n"));
    }
}
