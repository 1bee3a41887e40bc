//! The account's own KMS key: what is encrypted with it.

use serde_yaml_ng::Value;

use crate::template::{Template, choice, each, target, workspace_file};

/// The last argument of `!If [HasKmsKey, !Ref KmsKeyArn, without]`.
fn without_a_key(value: &Value) -> &Value {
    let Some(("HasKmsKey", key, without)) = choice(value) else {
        panic!("not for want of a key: {value:?}")
    };
    assert_eq!(target(key), Some("KmsKeyArn"));
    without
}

#[test]
fn stored_data_is_encrypted_with_the_configured_key() {
    let template = Template::read();
    for (id, table) in template.resources("AWS::DynamoDB::Table") {
        let Some(("HasKmsKey", with, without)) = choice(&table["SSESpecification"]) else {
            panic!("{id}")
        };
        assert_eq!((&with["SSEEnabled"], &with["SSEType"]), (&true.into(), &"KMS".into()), "{id}");
        assert_eq!(
            (target(&with["KMSMasterKeyId"]), target(without)),
            (Some("KmsKeyArn"), Some("AWS::NoValue")),
            "{id}"
        );
    }
    for (id, queue) in template.resources("AWS::SQS::Queue") {
        assert_eq!(target(without_a_key(&queue["KmsMasterKeyId"])), Some("AWS::NoValue"), "{id}");
        let by_sqs = choice(&queue["SqsManagedSseEnabled"]);
        assert_eq!(
            by_sqs,
            Some(("HasKmsKey", &false.into(), &true.into())),
            "{id} is encrypted in one way"
        );
    }
    for (id, group) in template.resources("AWS::Logs::LogGroup") {
        assert_eq!(target(without_a_key(&group["KmsKeyId"])), Some("AWS::NoValue"), "{id}");
    }
    let topic = template.resources("AWS::SNS::Topic")["OrdersTopic"];
    assert_eq!(*without_a_key(&topic["KmsMasterKeyId"]), "alias/aws/sns");
}

#[test]
fn adr_documents_the_required_key_policy() {
    let page = workspace_file("docs/adr/0018-retained-tables-and-kms-key.md");
    let (_, policy) = page.split_once("```json").expect("the policy");
    let policy: Value =
        serde_yaml_ng::from_str(policy.split("```").next().expect("its end")).expect("JSON");
    let services: Vec<_> = each(&policy["Statement"])
        .into_iter()
        .map(|of| of["Principal"]["Service"].as_str())
        .collect();
    assert_eq!(services, [None, Some("sns.amazonaws.com"), Some("logs.REGION.amazonaws.com")]);
}
