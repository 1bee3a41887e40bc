//! Who may do what: every statement of every policy, and every permission of a function.

use serde_yaml_ng::Value;

use crate::expected::{assert_lines, line};
use crate::template::{Template, each};

/// The resource types that grant access. `resources` refuses any other.
const GRANTING: [&str; 7] = [
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::XRay::ResourcePolicy",
];

/// The statements of a policy document, which may be JSON in a `!Sub`.
fn statements(document: &Value) -> Vec<String> {
    let document = match document {
        Value::Tagged(json) => {
            serde_yaml_ng::from_str(json.value.as_str().expect("a text")).expect("JSON")
        }
        written_out => written_out.clone(),
    };
    assert_eq!(document["Version"], "2012-10-17", "an older one has no variables");
    each(&document["Statement"]).into_iter().map(line).collect()
}

/// A property of a granting resource, with one line for each statement.
fn lines(id: &str, name: &str, value: &Value) -> Vec<String> {
    let texts = match name {
        "AssumeRolePolicyDocument" | "KeyPolicy" | "PolicyDocument" => statements(value),
        "Policies" => each(value)
            .into_iter()
            .flat_map(|policy| statements(&policy["PolicyDocument"]))
            .collect(),
        _ => vec![line(value)],
    };
    texts.into_iter().map(|text| format!("{id}.{name}: {text}")).collect()
}

/// A subscriber that may do more than every subscriber gets lines of its own in the list.
#[test]
fn permissions_are_exactly_the_listed_ones() {
    let template = Template::read();
    let mut all = vec![];
    for kind in GRANTING {
        for (id, properties) in template.resources(kind) {
            for (name, value) in properties.as_mapping().expect("properties") {
                all.extend(lines(id, name.as_str().expect("a name"), value));
            }
        }
    }
    assert_lines(all, "permissions.txt");
}
