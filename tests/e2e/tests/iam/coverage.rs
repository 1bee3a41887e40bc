//! The tests cover every resource: compares the tested resources with those that the stack lists.

use std::env;

use e2e::Deployment;

use crate::resources::tried_resources;
use crate::signed_http::{Call, SignedHttp, element};
use crate::system::subscribers;

/// The types of the tested resources.
const TYPES: [&str; 6] = [
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::Logs::LogGroup",
    "AWS::Lambda::Function",
    "AWS::IAM::Role",
];
/// Untested: the API's log group, which API Gateway writes, and the role of `CodeDeploy`, which the
/// emulator lacks.
const NOT_TRIED: [&str; 2] = ["HttpApiLogs", "DeployRole"];

/// Every resource of the stack: type and logical id.
async fn resources(http: &SignedHttp, stack: &str) -> Vec<(String, String)> {
    let (mut resources, mut next) = (vec![], None::<String>);
    loop {
        let list =
            [("Action", "ListStackResources"), ("Version", "2010-05-15"), ("StackName", stack)];
        let from = next.iter().map(|next| ("NextToken", next.as_str()));
        let list: Vec<_> = list.into_iter().chain(from).collect();
        let response =
            http.call(&Call::form("cloudformation", &list), &SignedHttp::account()).await;
        assert_eq!(response.status, 200, "{response:?}");
        let named = |one: &str, name| element(one, name).expect("a resource has it").to_owned();
        let members = response.body.split("<member>").skip(1);
        resources.extend(
            members.map(|one| (named(one, "ResourceType"), named(one, "LogicalResourceId"))),
        );
        next = element(&response.body, "NextToken").map(str::to_owned);
        if next.is_none() {
            return resources;
        }
    }
}

#[tokio::test]
async fn every_stack_resource_is_tried() {
    let stack = env::var("ORDER_FANOUT_STACK").expect("ORDER_FANOUT_STACK names the stack");
    let tried = tried_resources(&subscribers(&Deployment::under_test().await));
    let mut resources = resources(&SignedHttp::tls(), &stack).await;
    resources.retain(|(kind, _)| TYPES.contains(&kind.as_str()));
    assert!(!resources.is_empty());
    resources.retain(|(_, name)| {
        !NOT_TRIED.contains(&&**name) && !tried.iter().any(|(tried, _)| tried == name)
    });
    assert!(resources.is_empty(), "nobody tries {resources:?}: tests/e2e/tests/iam/resources.rs");
}
