//! The topic, its queues and their dead-letter queues.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::environments::{environments, number};
use crate::template::{Template, functions, target};

#[test]
fn a_queue_feeds_its_function_with_partial_responses() {
    let template = Template::read();
    let mut fed = 0;
    for (id, function) in functions(&template) {
        for event in function["Events"].as_mapping().into_iter().flatten().map(|(_, event)| event) {
            assert_eq!(event["Type"], "SQS", "{id}");
            let properties = event["Properties"].as_mapping().expect("properties");
            let names: Vec<_> = properties.keys().filter_map(Value::as_str).collect();
            assert_eq!(names, ["Queue", "BatchSize", "FunctionResponseTypes", "ScalingConfig"], "{id}");
            let properties = &event["Properties"];
            assert_eq!(target(&properties["Queue"]), Some(id.replace("Function", "Queue").as_str()));
            assert_eq!(properties["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{id}");
            assert!((1..=10).contains(&properties["BatchSize"].as_u64().expect("a batch size")), "{id}");
            assert!(properties["ScalingConfig"]["MaximumConcurrency"].as_u64().is_some_and(|most| most >= 2), "{id}");
            fed += 1;
        }
    }
    assert_eq!(fed, 2);
}

#[test]
fn a_message_stays_hidden_longer_than_it_can_be_worked_on() {
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
fn every_source_queue_has_a_dead_letter_queue_that_keeps_longer() {
    let template = Template::read();
    let queues = template.resources("AWS::SQS::Queue");
    let (dlqs, sources): (BTreeMap<&str, &Value>, BTreeMap<&str, &Value>) =
        queues.into_iter().partition(|(id, _)| id.ends_with("Dlq"));
    assert_eq!((dlqs.len(), sources.len()), (4, 2));
    for (id, queue) in sources {
        let dlq = id.replace("Queue", "Dlq");
        assert_eq!(target(&queue["RedrivePolicy"]["deadLetterTargetArn"]), Some(dlq.as_str()));
        assert_eq!(target(&queue["RedrivePolicy"]["maxReceiveCount"]), Some("MaxReceiveCount"), "{id}");
        assert_eq!(target(&queue["VisibilityTimeout"]), Some("QueueVisibility"), "{id}");
        assert_eq!(queue["MessageRetentionPeriod"].as_u64(), Some(4 * 86_400), "{id}");
    }
    for (id, dlq) in dlqs {
        assert_eq!(dlq["MessageRetentionPeriod"].as_u64(), Some(14 * 86_400), "{id}");
    }
}

#[test]
fn only_the_topic_may_send_to_a_queue_and_never_in_plain_http() {
    let template = Template::read();
    let policies = template.resources("AWS::SQS::QueuePolicy");
    let queues =
        ["Fulfilment", "Promotion"].map(|name| [format!("{name}QueuePolicy"), format!("{name}SubscriptionDlqPolicy")]);
    assert_eq!(policies.keys().map(ToString::to_string).collect::<Vec<_>>(), queues.concat());
    for (id, policy) in policies {
        let queue = id.trim_end_matches("Policy");
        assert_eq!(target(&policy["Queues"][0]), Some(queue));
        let statements = policy["PolicyDocument"]["Statement"].as_sequence().expect("statements");
        let allow: Vec<_> = statements.iter().filter(|statement| statement["Effect"] == "Allow").collect();
        assert_eq!(allow.len(), 1, "{id}");
        assert_eq!(allow[0]["Principal"]["Service"], "sns.amazonaws.com", "{id}");
        assert_eq!(allow[0]["Action"], "sqs:SendMessage", "{id}");
        assert_eq!(target(&allow[0]["Condition"]["ArnEquals"]["aws:SourceArn"]), Some("OrdersTopic"), "{id}");
        let deny = |statement: &&Value| {
            statement["Effect"] == "Deny" && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        };
        assert_eq!(statements.iter().filter(deny).count(), 1, "{id}");
    }
}

#[test]
fn the_topic_fans_out_raw_messages_and_filters_for_promotion() {
    let template = Template::read();
    let subscriptions: BTreeMap<&str, &Value> = template
        .resources("AWS::SNS::Subscription")
        .into_iter()
        .filter(|(_, subscription)| target(&subscription["TopicArn"]) == Some("OrdersTopic"))
        .collect();
    assert_eq!(subscriptions.keys().collect::<Vec<_>>(), [&"FulfilmentSubscription", &"PromotionSubscription"]);
    for (id, subscription) in &subscriptions {
        assert_eq!(subscription["RawMessageDelivery"], true, "{id}");
        let dlq = target(&subscription["RedrivePolicy"]["deadLetterTargetArn"]);
        assert_eq!(dlq, Some(format!("{id}Dlq").as_str()), "what cannot be put on the queue is kept");
        assert_eq!(target(&subscription["Endpoint"]), Some(id.replace("Subscription", "Queue").as_str()));
    }
    assert!(subscriptions["FulfilmentSubscription"]["FilterPolicy"].is_null(), "fulfilment takes every order");
    let filter: Value = serde_yaml_ng::from_str(r#"{"amount": [{"numeric": [">=", 80]}]}"#).expect("YAML");
    assert_eq!(subscriptions["PromotionSubscription"]["FilterPolicy"], filter);
}
