//! Intrinsic functions in a template, as values.

use serde_yaml_ng::Value;
use serde_yaml_ng::value::{Tag, TaggedValue};

/// A `!Join` of texts and references as one text, which is easier to read.
pub(crate) fn join(arguments: &Value) -> Value {
    let unchanged = || with_tag(Tag::new("Join"), arguments.clone());
    let Some([Value::String(separator), Value::Sequence(parts)]) =
        arguments.as_sequence().map(Vec::as_slice)
    else {
        return unchanged();
    };
    let part = |part: &Value| match part {
        Value::String(text) => Some(text.clone()),
        Value::Tagged(tagged) if tagged.tag == "Ref" || tagged.tag == "GetAtt" => {
            Some(format!("${{{}}}", tagged.value.as_str()?))
        }
        _ => None,
    };
    match parts.iter().map(part).collect::<Option<Vec<_>>>() {
        Some(parts) => text_with_references(parts.join(separator)),
        None => unchanged(),
    }
}

pub(crate) fn text_with_references(text: String) -> Value {
    if text.contains("${") { with_tag(Tag::new("Sub"), text.into()) } else { text.into() }
}

/// The texts, if all are plain. [`Value::as_str`] would ignore the tag of an intrinsic.
pub(crate) fn texts(values: &[Value]) -> Option<Vec<&str>> {
    let texts = values.iter().map(|value| match value {
        Value::String(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

pub(crate) fn with_tag(tag: Tag, value: Value) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag, value }))
}

/// Whether a value is a text, or a list of texts.
pub(crate) fn is_plain(value: &Value) -> bool {
    texts(std::slice::from_ref(value)).is_some()
        || matches!(value, Value::Sequence(values) if texts(values).is_some())
}
