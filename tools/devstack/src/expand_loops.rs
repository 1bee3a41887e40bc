//! Expands `Fn::ForEach`, as the transform `AWS::LanguageExtensions` does.
//!
//! In a loop's body, the identifier is replaced in the keys of the fragment, in `!Sub` and in
//! `!Ref`, and `!FindInMap` by the value it finds. What then has no variable left becomes plain
//! text. <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>
//!
//! Anything else that a loop would have to replace is an error: an identifier in a plain text,
//! which AWS replaces in outputs and cfn-lint does not, and the long forms of functions.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde_yaml_ng::value::{Tag, TaggedValue};
use serde_yaml_ng::{Mapping, Value};

use crate::intrinsics::{is_plain, join, text_with_references, texts, with_tag};

const FOR_EACH: &str = "Fn::ForEach::";

/// Returns the template without loops and without mappings. Everything else stays as it is written.
pub(crate) fn expand_loops(template: Value) -> Result<Value> {
    let mut loops = BTreeSet::new();
    collect_loop_names(&template, &mut loops)?;
    let Value::Mapping(mut template) = template else { bail!("a template is a mapping") };
    let mappings = template.remove("Mappings").unwrap_or_default();
    for section in ["Conditions", "Resources", "Outputs"] {
        if let Some(value) = template.get_mut(section) {
            *value = Scope { mappings: &mappings, items: vec![] }.expand(value)?;
        }
    }
    for name in loops {
        let is_id = template.get("Resources").is_some_and(|of| of.get(&name).is_some());
        ensure!(!is_id, "{FOR_EACH}{name}: a resource is called {name} as well");
    }
    Ok(Value::Mapping(template))
}

/// AWS requires that loops have different names, wherever they are.
fn collect_loop_names(value: &Value, names: &mut BTreeSet<String>) -> Result<()> {
    match value {
        Value::Mapping(mapping) => mapping.iter().try_for_each(|(key, value)| {
            if let Some(name) = key.as_str().and_then(|key| key.strip_prefix(FOR_EACH)) {
                ensure!(names.insert(name.to_owned()), "{FOR_EACH}{name}: two loops are called so");
            }
            collect_loop_names(value, names)
        }),
        Value::Sequence(values) => {
            values.iter().try_for_each(|value| collect_loop_names(value, names))
        }
        Value::Tagged(tagged) => collect_loop_names(&tagged.value, names),
        _ => Ok(()),
    }
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
            Value::String(text) => Ok(self.without_identifiers(text)?.into()),
            plain => Ok(plain.clone()),
        }
    }

    fn mapping(&self, mapping: &Mapping) -> Result<Value> {
        if let (1, Some(name)) = (mapping.len(), mapping.get("Ref")) {
            return self.reference(&self.expand(name)?);
        }
        let mut expanded = Mapping::new();
        for (key, value) in mapping {
            let name = key.as_str().context("every key is a text")?;
            if name.starts_with(FOR_EACH) {
                self.for_each(value, &mut expanded).with_context(|| name.to_owned())?;
                continue;
            }
            if !self.items.is_empty() {
                let is_long = name == "Ref" || name.starts_with("Fn::");
                ensure!(!is_long, "in a loop, functions are in their short form, not {name}");
                let is_plain = name != "DependsOn" || is_plain(value);
                ensure!(is_plain, "DependsOn takes no function, so it cannot be in a loop");
            }
            insert(&mut expanded, self.without_identifiers(name)?, self.expand(value)?)?;
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
        let is_used = self.item(identifier).is_some();
        ensure!(!is_used, "the loop around it has the identifier {identifier} as well");
        for item in texts(collection).context("a loop's list is of texts")? {
            let mut scope = self.clone();
            scope.items.push((identifier.clone(), self.without_identifiers(item)?));
            for (key, value) in fragment {
                let key = key.as_str().context("every key is a text")?;
                if key.starts_with(FOR_EACH) {
                    scope.for_each(value, expanded).with_context(|| key.to_owned())?;
                } else {
                    insert(expanded, scope.substitute(key)?, scope.expand(value)?)?;
                }
            }
        }
        Ok(())
    }

    /// An intrinsic function in a loop.
    fn intrinsic(&self, tagged: &TaggedValue) -> Result<Value> {
        if tagged.tag == "Sub" {
            return self.sub(&tagged.value);
        }
        let arguments = self.expand(&tagged.value)?;
        Ok(match tagged.tag.to_string().as_str() {
            "!Ref" => self.reference(&arguments)?,
            "!FindInMap" => self.find_in_map(&arguments)?,
            "!GetAtt" => match arguments.as_sequence().and_then(|parts| texts(parts)) {
                Some(parts) => with_tag(tagged.tag.clone(), parts.join(".").into()),
                None => with_tag(tagged.tag.clone(), arguments),
            },
            "!Join" => join(&arguments),
            _ => with_tag(tagged.tag.clone(), arguments),
        })
    }

    /// A `!Ref`, or the item that it names.
    fn reference(&self, name: &Value) -> Result<Value> {
        let Value::String(name) = name else { bail!("Ref has a name: {name:?}") };
        Ok(match self.item(name) {
            Some(item) => Value::from(item),
            None => with_tag(Tag::new("Ref"), name.as_str().into()),
        })
    }

    fn find_in_map(&self, arguments: &Value) -> Result<Value> {
        let keys = arguments.as_sequence().and_then(|keys| texts(keys)).unwrap_or_default();
        let [map, row, column] = keys[..] else {
            bail!("!FindInMap has a map and two keys: {arguments:?}")
        };
        let found = &self.mappings[map][row][column];
        ensure!(!found.is_null(), "the mapping {map} has no {row}.{column}");
        self.expand(found)
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
        let mut text = self.substitute(text)?;
        for (name, value) in variables.into_iter().flatten() {
            let value = self.expand(value)?;
            let (Some(name), Value::String(value)) = (name.as_str(), &value) else {
                bail!("in a loop, a variable of !Sub is a text: {value:?}")
            };
            ensure!(self.item(name).is_none(), "!Sub has a variable with the loop's name {name}");
            text = text.replace(&format!("${{{name}}}"), value);
        }
        Ok(text_with_references(text))
    }

    /// Fills in the items of the loops.
    fn substitute(&self, text: &str) -> Result<String> {
        let text = self.items.iter().fold(text.to_owned(), |text, (identifier, item)| {
            text.replace(&format!("${{{identifier}}}"), item)
        });
        self.without_identifiers(&text)
    }

    /// The text, unless it has the identifier of a loop where none is replaced.
    fn without_identifiers(&self, text: &str) -> Result<String> {
        for (identifier, _) in &self.items {
            let is_left =
                ["$", "&"].iter().any(|sign| text.contains(&format!("{sign}{{{identifier}}}")));
            ensure!(!is_left, "write !Sub, and ${{{identifier}}} in it: {text}");
        }
        Ok(text.to_owned())
    }

    fn item(&self, identifier: &str) -> Option<&str> {
        self.items.iter().find(|(name, _)| name == identifier).map(|(_, item)| item.as_str())
    }
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
        assert_eq!(expanded("plain $Name"), "AX: plain $Name\nBX: plain $Name\n");
    }

    #[test]
    fn intrinsics_in_a_loop_resolve_to_references_and_texts() {
        for (body, of_a) in [
            ("!Ref Name", "A"),
            ("!Ref Other", "!Ref Other"),
            ("{ Ref: !Sub '${Name}Queue' }", "!Ref AQueue"),
            ("{ Ref: Name }", "A"),
            ("{ Ref: Other }", "!Ref Other"),
            ("!FindInMap [Words, { Ref: Name }, Word]", "one"),
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

    #[test]
    fn what_a_loop_would_leave_unexpanded_is_refused() {
        for (body, reason) in [
            ("the ${Name}Queue", "write !Sub, and ${Name} in it: the ${Name}Queue"),
            ("'&{Name}'", "write !Sub, and ${Name} in it: &{Name}"),
            ("!Sub '&{Name}'", "write !Sub, and ${Name} in it: &{Name}"),
            ("!GetAtt '${Name}.Arn'", "write !Sub, and ${Name} in it: ${Name}.Arn"),
            ("{ '${Name}': 1 }", "write !Sub, and ${Name} in it: ${Name}"),
            ("!Sub ['${x}', { x: '${Name}' }]", "write !Sub, and ${Name} in it: ${Name}"),
            ("!Sub ['${Name}', { Name: x }]", "a variable with the loop's name Name"),
            ("{ 'Fn::Sub': x }", "in their short form, not Fn::Sub"),
            ("{ Ref: a, Other: b }", "in their short form, not Ref"),
            ("{ Ref: !Sub '${AWS::Region}' }", "Ref has a name"),
            ("{ DependsOn: !Sub x }", "DependsOn takes no function"),
            ("{ DependsOn: [a, { Ref: Name }] }", "DependsOn takes no function"),
        ] {
            let error = expanded(body);
            assert!(error.starts_with("Fn::ForEach::Loop: "), "{body}: {error}");
            assert!(error.contains(reason), "{body}: {error}");
        }
    }

    #[test]
    fn loops_have_names_and_identifiers_of_their_own() {
        let inner = "1\n      Fn::ForEach::Loop: [Kind, [P], {'${Name}${Kind}': 2}]";
        assert_eq!(expanded(inner), "Fn::ForEach::Loop: two loops are called so");
        let inner = "1\n      Fn::ForEach::Inner: [Name, [P], {'${Name}': 2}]";
        let reason = "the loop around it has the identifier Name as well";
        assert_eq!(expanded(inner), format!("Fn::ForEach::Loop: Fn::ForEach::Inner: {reason}"));
        let resource = expanded("1\n  Loop: 2");
        assert_eq!(resource, "Fn::ForEach::Loop: a resource is called Loop as well");
    }
}
