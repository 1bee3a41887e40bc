//! The topic, its queues and their dead-letter queues.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::environments::{environments, number};
use crate::template::{Template, functions, subscribers, target};

#[test]
fn queue_feeds_its_function_with_partial_responses() {
    let template = Template::read();
    let mut fed = 0;
    for (id, function) in functions(&template) {
        for event in function["Events"].as_mapping().into_iter().flatten().map(|(_, event)| event) {
            assert_eq!(event["Type"], "SQS", "{id}");
            let properties = event["Properties"].as_mapping().expect("properties");
            let names: Vec<_> = properties.keys().filter_map(Value::as_str).collect();
            assert_eq!(
                names,
                ["Queue", "BatchSize", "FunctionResponseTypes", "ScalingConfig"],
                "{id}"
            );
            let properties = &event["Properties"];
            assert_eq!(
                target(&properties["Queue"]),
                Some(id.replace("Function", "Queue").as_str())
            );
            assert_eq!(properties["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{id}");
            assert!(
                (1..=10).contains(&properties["BatchSize"].as_u64().expect("a batch size")),
                "{id}"
            );
            assert!(
                properties["ScalingConfig"]["MaximumConcurrency"]
                    .as_u64()
                    .is_some_and(|most| most >= 2),
                "{id}"
            );
            fed += 1;
        }
    }
    assert_eq!(fed, subscribers().len());
}

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
fn only_the_topic_may_send_to_a_queue() {
    let template = Template::read();
    let mut fed = vec![];
    for (id, policy) in template.resources("AWS::SQS::QueuePolicy") {
        for allow in statements(policy).iter().filter(|statement| statement["Effect"] == "Allow") {
            assert_eq!(allow["Principal"]["Service"], "sns.amazonaws.com", "{id}");
            assert_eq!(allow["Action"], "sqs:SendMessage", "{id}");
            assert_eq!(
                target(&allow["Condition"]["ArnEquals"]["aws:SourceArn"]),
                Some("OrdersTopic"),
                "{id}"
            );
            fed.extend(target(&allow["Resource"]));
        }
    }
    let queues = subscribers()
        .into_iter()
        .flat_map(|name| [format!("{name}Queue"), format!("{name}SubscriptionDlq")]);
    assert_eq!(fed, queues.collect::<Vec<_>>());
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

#[test]
fn topic_fans_out_raw_messages_and_filters_for_promotion() {
    let template = Template::read();
    let subscriptions: BTreeMap<&str, &Value> = template
        .resources("AWS::SNS::Subscription")
        .into_iter()
        .filter(|(_, subscription)| target(&subscription["TopicArn"]) == Some("OrdersTopic"))
        .collect();
    let expected = subscribers().into_iter().map(|name| name + "Subscription");
    assert_eq!(subscriptions.keys().copied().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for (id, subscription) in &subscriptions {
        assert_eq!(subscription["RawMessageDelivery"], true, "{id}");
        let dlq = target(&subscription["RedrivePolicy"]["deadLetterTargetArn"]);
        assert_eq!(
            dlq,
            Some(format!("{id}Dlq").as_str()),
            "what cannot be put on the queue is kept"
        );
        assert_eq!(
            target(&subscription["Endpoint"]),
            Some(id.replace("Subscription", "Queue").as_str())
        );
        let depends_on = &template.root["Resources"][*id]["DependsOn"];
        let queue = id.replace("Subscription", "Queue");
        let policies = [format!("{queue}Policy"), format!("{id}DlqPolicy")];
        assert_eq!(
            *depends_on,
            Value::from(policies.map(Value::from).to_vec()),
            "without the policies, messages would be lost"
        );
        for attribute in subscription["FilterPolicy"].as_mapping().into_iter().flatten() {
            let name = attribute.0.as_str().expect("an attribute's name");
            assert!(["amount", "type"].contains(&name), "{id}: no event has the attribute {name}");
            assert_eq!(subscription["FilterPolicyScope"], "MessageAttributes", "{id}");
        }
    }
    assert!(
        subscriptions["FulfilmentSubscription"]["FilterPolicy"].is_null(),
        "it ships every order"
    );
    let filter: Value =
        serde_yaml_ng::from_str(r#"{"amount": [{"numeric": [">=", 80]}]}"#).expect("YAML");
    assert_eq!(subscriptions["PromotionSubscription"]["FilterPolicy"], filter);
}
