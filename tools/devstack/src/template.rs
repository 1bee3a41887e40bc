//! `template.yaml`, with its loops expanded.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_yaml_ng::Value;

use crate::expand_loops::expand_loops;
use crate::sam::BUILT_TEMPLATE;
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
    yaml_1_1(expanded_template()?)
}

/// Writes [`expanded_template_text`] to a file under `target`, and returns its path.
pub(crate) fn write_expanded_template() -> Result<PathBuf> {
    let folder = root().join("target/expanded");
    fs::create_dir_all(&folder)?;
    let path = folder.join("template.yaml");
    fs::write(&path, expanded_template_text()?)?;
    Ok(path)
}

/// Writes [`expanded_template`] to a file, with each function's code where `sam build` puts it: a
/// folder named after its logical id.
pub(crate) fn write_expanded_built_template(path: &Path) -> Result<()> {
    let built = root().join(BUILT_TEMPLATE);
    let mut template = expanded_template()?;
    let resources = template.get_mut("Resources").and_then(Value::as_mapping_mut);
    for (id, resource) in resources.context("a template has resources")? {
        let code = resource.get_mut("Properties").and_then(|found| found.get_mut("CodeUri"));
        if let Some((code, id)) = code.zip(id.as_str()) {
            *code = built.with_file_name(id).display().to_string().into();
        }
    }
    fs::write(path, yaml_1_1(template)?).with_context(|| path.display().to_string())
}

/// Writes YAML that means the same in YAML 1.1, where a text such as `OFF` needs quotes.
fn yaml_1_1(mut value: Value) -> Result<String> {
    mark_boolean_words(&mut value);
    Ok(serde_yaml_ng::to_string(&value)?.replace(QUOTE, "'"))
}

/// Texts that are booleans in YAML 1.1, and not in YAML 1.2.
const BOOLEAN_WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];

/// Stands for a quote until the YAML is written, because the writer itself quotes no such word.
const QUOTE: &str = "__QUOTE__";

/// Puts [`QUOTE`] around each text that is a boolean word. Keys stay: the template has none.
fn mark_boolean_words(value: &mut Value) {
    match value {
        Value::String(text) if BOOLEAN_WORDS.contains(&text.to_lowercase().as_str()) => {
            *text = format!("{QUOTE}{text}{QUOTE}");
        }
        Value::Sequence(values) => values.iter_mut().for_each(mark_boolean_words),
        Value::Mapping(mapping) => mapping.values_mut().for_each(mark_boolean_words),
        Value::Tagged(tagged) => mark_boolean_words(&mut tagged.value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_yaml_1_1_takes_for_booleans_are_quoted() {
        for (text, written) in [
            ("Mode: 'OFF'", "Mode: 'OFF'\n"),
            ("- 'no'", "- 'no'\n"),
            ("!Ref 'on'", "!Ref 'on'\n"),
            ("Enabled: true", "Enabled: true\n"),
            ("Text: It is on", "Text: It is on\n"),
            ("Text: The switch - no", "Text: The switch - no\n"),
            ("Text: |-\n  Mode: on\n  - off", "Text: |-\n  Mode: on\n  - off\n"),
        ] {
            assert_eq!(yaml_1_1(serde_yaml_ng::from_str(text).unwrap()).unwrap(), written);
        }
    }

    #[test]
    fn expanded_template_has_no_loops_left() {
        let text = expanded_template_text().unwrap();
        assert!(!text.contains("Fn::ForEach") && !text.contains("FindInMap"));
        assert!(text.contains("\n  FulfilmentDlqHasMessages:\n"));
    }
}
