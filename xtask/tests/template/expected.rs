//! Compares the template with the lists in `expected`, which must be complete: one line for each
//! thing, and no other.

use std::collections::BTreeSet;

use serde_yaml_ng::Value;

use crate::template::{subscribers, workspace_file};

/// Panics unless the lines are those of a file in `expected`.
///
/// There, `<Subscriber>` makes a line for each subscriber and `<Function>` for each function, as
/// logical ids begin; `<subscriber>` and `<function>` are their names.
pub(crate) fn assert_lines(lines: Vec<String>, file: &str) {
    let path = format!("xtask/tests/template/expected/{file}");
    let text = workspace_file(&path);
    let listed = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let expected: BTreeSet<_> = listed.flat_map(of_each).collect();
    let lines: BTreeSet<_> = lines.into_iter().collect();
    let only_in = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
        these.difference(those).cloned().collect::<Vec<_>>().join("\n")
    };
    assert!(
        lines == expected,
        "only in template.yaml:\n{}\nonly in {path}:\n{}",
        only_in(&lines, &expected),
        only_in(&expected, &lines)
    );
}

/// The line for each subscriber, or for each function, that it stands for.
fn of_each(line: &str) -> Vec<String> {
    let filled = |kind: &str, id: &str, name: &str| {
        line.replace(&format!("<{kind}>"), id).replace(&format!("<{}>", kind.to_lowercase()), name)
    };
    if line.contains("<Subscriber>") {
        let of_subscriber = |id: &String| filled("Subscriber", id, &id.to_lowercase());
        return subscribers().iter().map(of_subscriber).collect();
    }
    if line.contains("<Function>") {
        let of_function = |name: &&str| {
            filled("Function", devstack::resource(name).trim_end_matches("Function"), name)
        };
        return devstack::functions().iter().map(of_function).collect();
    }
    vec![line.to_owned()]
}

/// A value on one line: intrinsics as the template writes them, texts without quotes.
pub(crate) fn line(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Sequence(values) => {
            format!("[{}]", values.iter().map(line).collect::<Vec<_>>().join(", "))
        }
        Value::Mapping(mapping) => {
            let pairs =
                mapping.iter().map(|(key, value)| format!("{}: {}", line(key), line(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, line(&tagged.value)),
    }
}
