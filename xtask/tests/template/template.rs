//! Reads the expanded template: its resources by type, and the targets of intrinsics.

use std::collections::BTreeMap;
use std::fs;

use serde_yaml_ng::Value;

pub(crate) struct Template {
    pub(crate) root: Value,
}

pub(crate) fn workspace_file(name: &str) -> String {
    let file = devstack::root().join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

impl Template {
    pub(crate) fn read() -> Self {
        Self { root: devstack::expanded_template().expect("the template's loops can be expanded") }
    }

    /// The properties of every resource of a type, by logical id.
    pub(crate) fn resources(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = self.root["Resources"].as_mapping().expect("the template has resources");
        let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
        of_kind
            .map(|(id, resource)| (id.as_str().expect("a logical id"), &resource["Properties"]))
            .collect()
    }

    pub(crate) fn parameter(&self, name: &str) -> &Value {
        &self.root["Parameters"][name]["Default"]
    }
}

/// The target of a short intrinsic such as `!Ref X` or `!GetAtt X.Arn`: `X`.
pub(crate) fn target(value: &Value) -> Option<&str> {
    let Value::Tagged(tagged) = value else { return None };
    let text = tagged.value.as_str()?;
    match tagged.tag.to_string().as_str() {
        "!Ref" => Some(text),
        "!GetAtt" => text.split('.').next(),
        // A part of a resource, such as a table's index.
        "!Sub" => text.strip_prefix("${")?.split('.').next(),
        _ => None,
    }
}

/// The condition and both values of an `!If`.
pub(crate) fn choice(value: &Value) -> Option<(&str, &Value, &Value)> {
    let Value::Tagged(tagged) = value else { return None };
    let [condition, value, other] = &tagged.value.as_sequence()?[..] else { return None };
    (tagged.tag == "If").then_some((condition.as_str()?, value, other))
}

/// One or several values, as policies allow.
pub(crate) fn each(value: &Value) -> Vec<&Value> {
    value.as_sequence().map_or_else(|| vec![value], |values| values.iter().collect())
}

/// The functions of `functions/` that subscribe to the topic, as the template's logical ids begin:
/// `Fulfilment`. Each must have everything that the tests ask of a subscriber.
pub(crate) fn subscribers() -> Vec<String> {
    let packages = devstack::functions().iter();
    let subscribers = packages.filter(|name| !["orders", "outbox-relay"].contains(name));
    let names = subscribers.map(|name| devstack::resource(name));
    names.map(|id| id.trim_end_matches("Function").to_owned()).collect()
}

pub(crate) fn functions(template: &Template) -> BTreeMap<&str, &Value> {
    template.resources("AWS::Serverless::Function")
}
