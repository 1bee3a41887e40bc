//! The alarm topic: who may use it and its key.

use serde_yaml_ng::Value;

use crate::template::{Template, target};

fn allowed_to_a_service<'a>(document: &'a Value, service: &str) -> &'a Value {
    let statements = document["Statement"].as_sequence().expect("statements");
    let mut allowed = statements.iter().filter(|statement| {
        statement["Effect"] == "Allow" && statement["Principal"]["Service"] == service
    });
    allowed.next().unwrap_or_else(|| panic!("{service} may do nothing"))
}

/// CloudWatch may not use SNS's own key: an alarm on a topic under `alias/aws/sns` changes its
/// state and notifies nobody.
#[test]
fn alarm_topic_allows_cloudwatch_of_this_account_only() {
    let template = Template::read();
    let topic = template.resources("AWS::SNS::Topic")["AlarmTopic"];
    assert_eq!(target(&topic["KmsMasterKeyId"]), Some("AlarmKey"));
    let key = template.resources("AWS::KMS::Key")["AlarmKey"];
    assert_eq!(key["EnableKeyRotation"], true);
    let policy = template.resources("AWS::SNS::TopicPolicy")["AlarmTopicPolicy"];
    assert_eq!(target(&policy["Topics"][0]), Some("AlarmTopic"));

    let use_key = allowed_to_a_service(&key["KeyPolicy"], "cloudwatch.amazonaws.com");
    let publish = allowed_to_a_service(&policy["PolicyDocument"], "cloudwatch.amazonaws.com");
    let actions: Value =
        serde_yaml_ng::from_str("[kms:Decrypt, kms:GenerateDataKey*]").expect("YAML");
    assert_eq!((&use_key["Action"], &publish["Action"]), (&actions, &"sns:Publish".into()));
    for statement in [use_key, publish] {
        let account = &statement["Condition"]["StringEquals"]["aws:SourceAccount"];
        assert_eq!(
            target(account),
            Some("AWS::AccountId"),
            "another account's alarms could come in"
        );
    }
}

#[test]
fn alarm_subscription_requires_an_address() {
    let template = Template::read();
    let address = &template.root["Parameters"]["AlarmEmail"];
    assert_eq!(address["Default"], "", "an environment without an address deploys");
    let subscription = &template.root["Resources"]["AlarmSubscription"];
    assert_eq!(subscription["Condition"], "HasAlarmEmail");
    assert_eq!(target(&subscription["Properties"]["TopicArn"]), Some("AlarmTopic"));
    assert_eq!(target(&subscription["Properties"]["Endpoint"]), Some("AlarmEmail"));
}
