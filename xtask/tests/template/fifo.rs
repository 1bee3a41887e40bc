//! FIFO topic and queues, by the parameter `Fifo`.

use serde_yaml_ng::Value;

use crate::expected::line;
use crate::template::{Template, choice};

#[test]
fn standard_queues_are_the_default() {
    let template = Template::read();
    let fifo = &template.root["Parameters"]["Fifo"];
    assert_eq!(line(&fifo["Default"]), "false");
    assert_eq!(line(&fifo["AllowedValues"]), "[true, false]");
    assert_eq!(line(&template.root["Conditions"]["IsFifo"]), "!Equals [!Ref Fifo, true]");
}

/// Calls `visit` with each choice by `IsFifo`, as the path to it and its two values.
fn choices(value: &Value, path: &str, visit: &mut impl FnMut(&str, &Value, &Value)) {
    if let Some(("IsFifo", with, without)) = choice(value) {
        return visit(path, with, without);
    }
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                choices(value, &format!("{path}.{}", line(key)), visit);
            }
        }
        Value::Sequence(values) => values.iter().for_each(|value| choices(value, path, visit)),
        Value::Tagged(tagged) => choices(&tagged.value, path, visit),
        _ => {}
    }
}

/// A stack without `Fifo` has the properties of a template without it.
#[test]
fn fifo_adds_properties_and_changes_none() {
    let template = Template::read();
    let mut found = 0;
    choices(&template.root["Resources"], "", &mut |path, _, without| {
        assert_eq!(line(without), "!Ref AWS::NoValue", "{path}");
        found += 1;
    });
    assert!(found > 10, "{found}");
    for (id, resource) in template.root["Resources"].as_mapping().expect("resources") {
        assert_ne!(resource["Condition"], "IsFifo", "{}", line(id));
    }
}

#[test]
fn fifo_stack_has_no_standard_queue_or_topic() {
    let template = Template::read();
    let with = |properties: &Value, name: &str| match choice(&properties[name]) {
        Some(("IsFifo", with, _)) => line(with),
        _ => "the same in both kinds of stack".to_owned(),
    };
    for (id, queue) in template.resources("AWS::SQS::Queue") {
        assert_eq!(with(queue, "FifoQueue"), "true", "{id}");
        assert_eq!(with(queue, "DeduplicationScope"), "messageGroup", "{id}");
        assert_eq!(with(queue, "FifoThroughputLimit"), "perMessageGroupId", "{id}");
        assert!(queue["ContentBasedDeduplication"].is_null(), "{id}: ids are explicit");
    }
    let topic = template.resources("AWS::SNS::Topic")["OrdersTopic"];
    assert_eq!(with(topic, "FifoTopic"), "true");
    assert_eq!(with(topic, "FifoThroughputScope"), "MessageGroup");
    assert_eq!(with(topic, "TopicName"), "!Sub ${AWS::StackName}-orders.fifo");
    assert!(topic["ContentBasedDeduplication"].is_null(), "ids are explicit");
}

/// A changed `Fifo` replaces the queues. What waits in them must not be deleted.
#[test]
fn replaced_queues_are_retained() {
    let template = Template::read();
    for (id, resource) in template.root["Resources"].as_mapping().expect("resources") {
        if resource["Type"] == "AWS::SQS::Queue" {
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{}", line(id));
            assert_eq!(resource["DeletionPolicy"], "Delete", "{}", line(id));
        }
    }
}
