//! Expands `Fn::ForEach`, as the transform `AWS::LanguageExtensions` does.
//!
//! In a loop's body, the identifier is replaced in the keys of the fragment, in `!Sub` and in
//! `!Ref`, and `!FindInMap` by the value it finds. What then has no variable left becomes plain
//! text. <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use anyhow::{Context, Result, bail, ensure};
use serde_yaml_ng::value::{Tag, TaggedValue};
use serde_yaml_ng::{Mapping, Value};

const FOR_EACH: &str = "Fn::ForEach::";

/// Returns the template without loops and without mappings. Everything else stays as it is written.
pub(crate) fn expand_loops(template: Value) -> Result<Value> {
    let Value::Mapping(mut template) = template else { bail!("a template is a mapping") };
    let mappings = template.remove("Mappings").unwrap_or_default();
    for section in ["Conditions", "Resources", "Outputs"] {
        if let Some(value) = template.get_mut(section) {
            *value = Scope { mappings: &mappings, items: vec![] }.expand(value)?;
        }
    }
    Ok(Value::Mapping(template))
}

/// The loops around a value.
#[derive(Clone)]
struct Scope<'a> {
    mappings: &'a Value,
    /// Each loop's identifier and its current item.
    items: Vec<(String, String)>,
}

impl Scope<'_> {
    fn expand(&self, value: &Value) -> Result<Value> {
        match value {
            Value::Mapping(mapping) => self.mapping(mapping),
            Value::Sequence(values) => Ok(Value::Sequence(
                values.iter().map(|value| self.expand(value)).collect::<Result<_>>()?,
            )),
            Value::Tagged(tagged) if !self.items.is_empty() => self.intrinsic(tagged),
            Value::Tagged(tagged) => Ok(with_tag(tagged.tag.clone(), self.expand(&tagged.value)?)),
            plain => Ok(plain.clone()),
        }
    }

    fn mapping(&self, mapping: &Mapping) -> Result<Value> {
        if let (1, Some(name)) = (mapping.len(), mapping.get("Ref")) {
            return Ok(with_tag(Tag::new("Ref"), self.expand(name)?));
        }
        let mut expanded = Mapping::new();
        for (key, value) in mapping {
            let name = key.as_str().context("every key is a text")?;
            if name.starts_with(FOR_EACH) {
                self.for_each(value, &mut expanded).with_context(|| name.to_owned())?;
            } else {
                insert(&mut expanded, name.to_owned(), self.expand(value)?)?;
            }
        }
        Ok(Value::Mapping(expanded))
    }

    fn for_each(&self, arguments: &Value, expanded: &mut Mapping) -> Result<()> {
        let Some(
            [Value::String(identifier), Value::Sequence(collection), Value::Mapping(fragment)],
        ) = arguments.as_sequence().map(Vec::as_slice)
        else {
            bail!("a loop has an identifier, a list and a mapping")
        };
        for item in collection {
            let item = item.as_str().context("a loop's list is of texts")?;
            let mut scope = self.clone();
            scope.items.push((identifier.clone(), item.to_owned()));
            for (key, value) in fragment {
                let key = key.as_str().context("every key is a text")?;
                if key.starts_with(FOR_EACH) {
                    scope.for_each(value, expanded).with_context(|| key.to_owned())?;
                } else {
                    insert(expanded, scope.substitute(key), scope.expand(value)?)?;
                }
            }
        }
        Ok(())
    }

    /// An intrinsic function in a loop.
    fn intrinsic(&self, tagged: &TaggedValue) -> Result<Value> {
        let arguments = self.expand(&tagged.value)?;
        Ok(match tagged.tag.to_string().as_str() {
            "!Ref" => match self.item(arguments.as_str().unwrap_or_default()) {
                Some(item) => Value::from(item),
                None => with_tag(tagged.tag.clone(), arguments),
            },
            "!FindInMap" => self.find_in_map(&arguments)?,
            "!GetAtt" => match texts(&arguments) {
                Some(parts) => with_tag(tagged.tag.clone(), parts.join(".").into()),
                None => with_tag(tagged.tag.clone(), arguments),
            },
            "!Sub" => self.sub(&arguments)?,
            "!Join" => join(&arguments),
            _ => with_tag(tagged.tag.clone(), arguments),
        })
    }

    fn find_in_map(&self, arguments: &Value) -> Result<Value> {
        let keys = texts(arguments).unwrap_or_default();
        let [map, row, column] = keys[..] else {
            bail!("!FindInMap has a map and two keys: {arguments:?}")
        };
        let found = &self.mappings[map][row][column];
        ensure!(!found.is_null(), "the mapping {map} has no {row}.{column}");
        Ok(found.clone())
    }

    fn sub(&self, arguments: &Value) -> Result<Value> {
        let (text, variables) = match arguments {
            Value::String(text) => (text, None),
            Value::Sequence(pair) => match &pair[..] {
                [Value::String(text), Value::Mapping(variables)] => (text, Some(variables)),
                _ => bail!("!Sub has a text and variables: {arguments:?}"),
            },
            _ => bail!("!Sub has a text: {arguments:?}"),
        };
        let mut text = self.substitute(text);
        for (name, value) in variables.into_iter().flatten() {
            let (Some(name), Some(value)) = (name.as_str(), value.as_str()) else {
                bail!("in a loop, a variable of !Sub is a text: {value:?}")
            };
            text = text.replace(&format!("${{{name}}}"), value);
        }
        Ok(text_with_references(text))
    }

    /// Fills in the items of the loops.
    fn substitute(&self, text: &str) -> String {
        self.items.iter().fold(text.to_owned(), |text, (identifier, item)| {
            text.replace(&format!("${{{identifier}}}"), item)
        })
    }

    fn item(&self, identifier: &str) -> Option<&str> {
        self.items.iter().find(|(name, _)| name == identifier).map(|(_, item)| item.as_str())
    }
}

/// A `!Join` of texts and references as one text, which is easier to read.
fn join(arguments: &Value) -> Value {
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

fn text_with_references(text: String) -> Value {
    if text.contains("${") { with_tag(Tag::new("Sub"), text.into()) } else { text.into() }
}

fn texts(arguments: &Value) -> Option<Vec<&str>> {
    arguments.as_sequence()?.iter().map(Value::as_str).collect()
}

fn with_tag(tag: Tag, value: Value) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag, value }))
}

fn insert(mapping: &mut Mapping, key: String, value: Value) -> Result<()> {
    ensure!(!mapping.contains_key(&key), "{key} is there twice");
    mapping.insert(key.into(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expands a loop over A and B with this body.
    fn expanded(body: &str) -> String {
        let template = format!(
            "Mappings: {{Words: {{A: {{Word: one}}, B: {{Word: two}}}}}}\n\
             Resources:\n  Fn::ForEach::Loop:\n    - Name\n    - [A, B]\n    - ${{Name}}X: {body}\n"
        );
        let expanded = expand_loops(serde_yaml_ng::from_str(&template).unwrap());
        expanded.map_or_else(
            |error| format!("{error:#}"),
            |template| serde_yaml_ng::to_string(&template["Resources"]).unwrap(),
        )
    }

    #[test]
    fn loop_repeats_its_fragment_for_each_item() {
        assert_eq!(expanded("plain ${Name}"), "AX: plain ${Name}\nBX: plain ${Name}\n");
    }

    #[test]
    fn intrinsics_in_a_loop_resolve_to_references_and_texts() {
        for (body, of_a) in [
            ("!Ref Name", "A"),
            ("!Ref Other", "!Ref Other"),
            ("{ Ref: !Sub '${Name}Queue' }", "!Ref AQueue"),
            ("!GetAtt [!Sub '${Name}Queue', Arn]", "!GetAtt AQueue.Arn"),
            ("!FindInMap [Words, !Ref Name, Word]", "one"),
            ("!Sub '${Name} in ${AWS::Region}'", "!Sub A in ${AWS::Region}"),
            ("!Sub ['${word}!', { word: !FindInMap [Words, !Ref Name, Word] }]", "one!"),
            ("!Join ['-', [!Ref AWS::StackName, !Ref Name]]", "!Sub ${AWS::StackName}-A"),
            ("!If [IsProd, !Ref Name, b]", "!If\n- IsProd\n- A\n- b"),
        ] {
            let expanded = expanded(body);
            assert_eq!(expanded.split("BX:").next(), Some(&*format!("AX: {of_a}\n")), "{body}");
        }
    }

    #[test]
    fn inner_loop_combines_with_the_outer_one() {
        let inner = "1\n      Fn::ForEach::Inner: [Kind, [P, Q], {'${Name}${Kind}': !Ref Kind}]";
        assert_eq!(expanded(inner), "AX: 1\nAP: P\nAQ: Q\nBX: 1\nBP: P\nBQ: Q\n");
    }

    #[test]
    fn expansion_errors_name_the_loop_and_the_reason() {
        let collision = "1\n      fixed: 2";
        assert_eq!(expanded(collision), "Fn::ForEach::Loop: fixed is there twice");
        let unknown = expanded("!FindInMap [Words, !Ref Name, Colour]");
        assert_eq!(unknown, "Fn::ForEach::Loop: the mapping Words has no A.Colour");
    }
}
