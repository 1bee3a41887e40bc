//! Reads the template's resources, so that tests create what is deployed.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_yaml_ng::Value;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The properties of every resource of a type, by logical id. A property that `T` lacks is an
/// error.
pub(crate) fn resources<T: DeserializeOwned>(kind: &str) -> BTreeMap<String, T> {
    resources_where(kind, |_, _| true)
}

/// Like [`resources`], but only those that match a condition on logical id and properties.
pub(crate) fn resources_where<T: DeserializeOwned>(
    kind: &str,
    chosen: impl Fn(&str, &Value) -> bool,
) -> BTreeMap<String, T> {
    let template: Value = serde_yaml_ng::from_str(TEMPLATE).expect("template.yaml is YAML");
    let resources = template["Resources"].as_mapping().expect("the template has resources");
    let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    let read = of_kind.filter_map(|(id, resource)| {
        let (id, properties) = (id.as_str().expect("a logical id"), &resource["Properties"]);
        chosen(id, properties).then(|| {
            let properties = serde_yaml_ng::from_value(properties.clone());
            (
                id.to_owned(),
                properties.unwrap_or_else(|error| panic!("{id} in template.yaml: {error}")),
            )
        })
    });
    read.collect()
}

/// The target of a `!Ref` or `!GetAtt`.
pub(crate) fn target(value: &Value) -> &str {
    let Value::Tagged(tagged) = value else { panic!("a reference, not {value:?}") };
    let text = tagged.value.as_str().expect("a logical id");
    text.split('.').next().expect("a split text has a first part")
}
