//! X-Ray: which resources trace, and their permissions.

use serde_yaml_ng::Value;

use crate::template::{Template, each};

#[test]
fn functions_and_topic_are_traced() {
    let template = Template::read();
    assert_eq!(template.root["Globals"]["Function"]["Tracing"], "Active");
    assert_eq!(template.resources("AWS::SNS::Topic")["OrdersTopic"]["TracingConfig"], "Active");
    let policy = template.resources("AWS::XRay::ResourcePolicy")["OrdersTopicTracing"];
    let Value::Tagged(document) = &policy["PolicyDocument"] else {
        panic!("the policy names the topic by !Sub")
    };
    let document: Value = serde_yaml_ng::from_value(document.value.clone()).expect("a text");
    let document: Value =
        serde_yaml_ng::from_str(document.as_str().expect("a text")).expect("JSON");
    let [statement] = each(&document["Statement"])[..] else { panic!("{document:?}") };
    assert_eq!(statement["Principal"]["Service"], "sns.amazonaws.com");
    assert_eq!(statement["Condition"]["ArnEquals"]["aws:SourceArn"], "${OrdersTopic}");
}
