//! The resources: which there are, how they are set, and what they refer to.

use std::collections::BTreeSet;

use serde_yaml_ng::{Mapping, Value};

use crate::expected::{assert_lines, line};
use crate::template::{Template, each};

fn section<'a>(template: &'a Template, name: &str) -> &'a Mapping {
    template.root[name].as_mapping().unwrap_or_else(|| panic!("the template has no {name}"))
}

/// What a resource may have. SAM's `Connectors` would add permissions.
const ATTRIBUTES: [&str; 7] = [
    "Type",
    "Properties",
    "Metadata",
    "Condition",
    "DependsOn",
    "DeletionPolicy",
    "UpdateReplacePolicy",
];

/// With its condition and what it waits for. A condition on a table or an alarm would leave it out
/// in some environment, and a new type of resource may be a new way to grant access.
#[test]
fn every_resource_is_listed_with_its_type_and_condition() {
    let template = Template::read();
    let lines = section(&template, "Resources").iter().map(|(id, resource)| {
        for attribute in resource.as_mapping().expect("attributes").keys() {
            let attribute = attribute.as_str().unwrap_or_default();
            assert!(ATTRIBUTES.contains(&attribute), "{id:?} has {attribute}");
        }
        let more = [("Condition", "if"), ("DependsOn", "after")].map(|(attribute, word)| {
            let value = &resource[attribute];
            if value.is_null() { String::new() } else { format!(" {word} {}", line(value)) }
        });
        format!("{} {}{}", line(id), line(&resource["Type"]), more.concat())
    });
    assert_lines(lines.collect(), "resources.txt");
}

/// The types whose properties are listed, and properties that other tests check: texts, and what
/// differs between subscribers.
const LISTED: [(&str, &[&str]); 8] = [
    ("AWS::Serverless::Function", &["Description"]),
    ("AWS::Logs::LogGroup", &[]),
    ("AWS::DynamoDB::Table", &["AttributeDefinitions", "GlobalSecondaryIndexes"]),
    ("AWS::SQS::Queue", &[]),
    ("AWS::SNS::Topic", &[]),
    ("AWS::SNS::Subscription", &["FilterPolicy", "FilterPolicyScope"]),
    ("AWS::Scheduler::Schedule", &["Description"]),
    ("AWS::ApiGatewayV2::Integration", &[]),
];

#[test]
fn properties_and_outputs_are_as_listed() {
    let template = Template::read();
    let mut lines = vec![];
    for (kind, elsewhere) in LISTED {
        for (id, properties) in template.resources(kind) {
            let properties = properties.as_mapping().expect("properties").iter();
            let listed = properties
                .filter(|(name, _)| !elsewhere.contains(&name.as_str().unwrap_or_default()));
            lines.extend(
                listed.map(|(name, value)| format!("{id}.{}: {}", line(name), line(value))),
            );
        }
    }
    for (section, values) in section(&template, "Globals") {
        for (name, value) in values.as_mapping().expect("settings") {
            lines.push(format!("Globals.{}.{}: {}", line(section), line(name), line(value)));
        }
    }
    for (name, output) in section(&template, "Outputs") {
        let condition = &output["Condition"];
        let only_if =
            if condition.is_null() { String::new() } else { format!(" if {}", line(condition)) };
        lines.push(format!("Outputs.{}: {}{only_if}", line(name), line(&output["Value"])));
    }
    assert_lines(lines, "properties.txt");
}

/// Calls `visit` with every name that the value refers to.
fn references(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Sequence(values) => values.iter().for_each(|value| references(value, visit)),
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                let name = key.as_str().unwrap_or_default();
                assert!(name != "Ref" && !name.starts_with("Fn::"), "{name} in the long form");
                if name == "DependsOn" {
                    for id in each(value) {
                        visit(id.as_str().expect("an id"));
                    }
                }
                references(value, visit);
            }
        }
        Value::Tagged(tagged) => match (tagged.tag.to_string().as_str(), &tagged.value) {
            ("!Ref", name) => {
                let name = name.as_str().expect("a name");
                visit(name.strip_suffix(".Alias").unwrap_or(name)); // SAM's, of a function
            }
            ("!GetAtt", attribute) => {
                let attribute = attribute.as_str().expect("a resource and an attribute");
                visit(attribute.split_once('.').expect("an attribute").0);
            }
            ("!Sub", Value::String(text)) => variables(text).for_each(visit),
            ("!Sub", Value::Sequence(pair)) => {
                let text = pair[0].as_str().expect("a text");
                let given = pair[1].as_mapping().expect("variables");
                variables(text).filter(|name| !given.contains_key(*name)).for_each(&mut *visit);
                references(&pair[1], visit);
            }
            (_, arguments) => references(arguments, visit),
        },
        _ => {}
    }
}

/// The names in a `!Sub`, without their attributes.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split("${").skip(1).map(|rest| rest.split('}').next().expect("a name"));
    names.filter(|name| !name.starts_with('!')).map(|name| name.split('.').next().expect("a name"))
}

const PSEUDO_PARAMETERS: [&str; 6] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackName",
    "AWS::URLSuffix",
];

#[test]
fn every_reference_names_a_parameter_or_a_resource() {
    let template = Template::read();
    let mut known = BTreeSet::from(PSEUDO_PARAMETERS);
    for part in ["Parameters", "Resources"] {
        known.extend(section(&template, part).keys().filter_map(Value::as_str));
    }
    let mut found = 0;
    for (part, body) in template.root.as_mapping().expect("sections") {
        references(body, &mut |name| {
            assert!(known.contains(name), "{}: there is no {name}", line(part));
            found += 1;
        });
    }
    assert!(found > 500, "{found}");
}

#[test]
fn every_condition_is_defined() {
    let template = Template::read();
    let defined = section(&template, "Conditions");
    for part in ["Resources", "Outputs"] {
        for (id, of) in section(&template, part) {
            let condition = &of["Condition"];
            assert!(condition.is_null() || defined.contains_key(condition), "{}", line(id));
        }
    }
}
