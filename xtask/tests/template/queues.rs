//! The topic, its queues and their dead-letter queues.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::environments::{environments, number};
use crate::expected::line;
use crate::template::{Template, subscribers, target};

#[test]
fn visibility_timeout_is_at_least_six_function_timeouts() {
    let template = Template::read();
    let environments = environments();
    assert_eq!(environments.keys().collect::<Vec<_>>(), ["default", "local", "prod", "test"]);
    for (name, environment) in &environments {
        let timeout = number(&template, environment, "FunctionTimeout");
        let visibility = number(&template, environment, "QueueVisibility");
        assert!(visibility >= 6 * timeout, "{name}: {visibility} s hidden, {timeout} s timeout");
        assert!(timeout < 30, "{name}: the API gives up after 30 s");
        let tries = number(&template, environment, "MaxReceiveCount");
        assert_eq!(tries, if name == "prod" { 5 } else { 3 }, "{name}");
    }
}

#[test]
fn every_source_queue_has_a_dlq_with_longer_retention() {
    let template = Template::read();
    let queues = template.resources("AWS::SQS::Queue");
    let (dlqs, sources): (BTreeMap<&str, &Value>, BTreeMap<&str, &Value>) =
        queues.into_iter().partition(|(id, _)| id.ends_with("Dlq"));
    let expected = subscribers().into_iter().map(|name| name + "Queue").collect::<Vec<_>>();
    assert_eq!(sources.keys().copied().collect::<Vec<_>>(), expected);
    assert_eq!(dlqs.len(), 2 * expected.len());
    for (id, queue) in sources {
        let dlq = id.replace("Queue", "Dlq");
        assert_eq!(target(&queue["RedrivePolicy"]["deadLetterTargetArn"]), Some(dlq.as_str()));
        assert_eq!(
            target(&queue["RedrivePolicy"]["maxReceiveCount"]),
            Some("MaxReceiveCount"),
            "{id}"
        );
        assert_eq!(target(&queue["VisibilityTimeout"]), Some("QueueVisibility"), "{id}");
        assert_eq!(queue["MessageRetentionPeriod"].as_u64(), Some(4 * 86_400), "{id}");
    }
    for (id, dlq) in dlqs {
        assert_eq!(dlq["MessageRetentionPeriod"].as_u64(), Some(14 * 86_400), "{id}");
    }
}

#[test]
fn queues_and_topics_deny_plain_http() {
    let template = Template::read();
    for (kind, policies, action) in [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "sqs:*"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "sns:Publish"),
    ] {
        let policies = template.resources(policies);
        for id in template.resources(kind).keys() {
            let policy = policies
                .get(&*format!("{id}Policy"))
                .unwrap_or_else(|| panic!("{id} has no policy"));
            assert_eq!(target(&policy["Queues"][0]).or(target(&policy["Topics"][0])), Some(*id));
            let denied = statements(policy).iter().filter(|statement| {
                let plain = statement["Condition"]["Bool"]["aws:SecureTransport"] == "false";
                statement["Effect"] == "Deny"
                    && statement["Principal"] == "*"
                    && statement["Action"] == action
                    && plain
            });
            assert_eq!(
                denied.map(|statement| target(&statement["Resource"])).collect::<Vec<_>>(),
                [Some(*id)]
            );
        }
    }
}

fn statements(policy: &Value) -> &[Value] {
    policy["PolicyDocument"]["Statement"].as_sequence().expect("statements")
}

/// The filters of today's subscriptions. A subscriber that is not listed may have any filter.
const FILTERS: [(&str, &str); 3] = [
    ("FulfilmentSubscription", "null"),
    ("InvoicingSubscription", "null"),
    ("PromotionSubscription", "{amount: [{numeric: [>=, 80]}]}"),
];

#[test]
fn subscriptions_filter_by_attributes_of_the_events() {
    let template = Template::read();
    let mut subscriptions = template.resources("AWS::SNS::Subscription");
    subscriptions.remove("AlarmSubscription");
    assert_eq!(subscriptions.len(), subscribers().len());
    for (id, filter) in FILTERS {
        assert_eq!(line(&subscriptions[id]["FilterPolicy"]), filter, "{id}");
    }
    for (id, subscription) in subscriptions {
        let filter = &subscription["FilterPolicy"];
        let scope = if filter.is_null() { "null" } else { "MessageAttributes" };
        assert_eq!(line(&subscription["FilterPolicyScope"]), scope, "{id}");
        for name in filter.as_mapping().into_iter().flatten().map(|(name, _)| line(name)) {
            assert!(["amount", "type"].contains(&&*name), "{id}: no event has {name}");
        }
    }
}
