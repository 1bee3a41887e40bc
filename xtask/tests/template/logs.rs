//! The log groups.

use std::collections::BTreeMap;

use crate::template::{Template, functions, target};

#[test]
fn every_function_has_a_log_group_with_retention() {
    let template = Template::read();
    let groups = template.resources("AWS::Logs::LogGroup");
    for (id, group) in &groups {
        assert_eq!(target(&group["RetentionInDays"]), Some("LogRetentionDays"), "{id}");
    }
    for (id, function) in functions(&template) {
        let group = target(&function["LoggingConfig"]["LogGroup"]).expect("a log group of its own");
        assert!(groups.contains_key(group), "{id}");
    }
}

/// API Gateway writes one line for each request, with only the fields that the format names.
#[test]
fn access_log_omits_client_identity() {
    let template = Template::read();
    let stage = template.resources("AWS::ApiGatewayV2::Stage")["HttpApiStage"];
    assert_eq!(target(&stage["AccessLogSettings"]["DestinationArn"]), Some("HttpApiLogs"));
    let format = stage["AccessLogSettings"]["Format"].as_str().expect("a format");
    assert!(!format.contains('\n'), "a format is one line");
    let format: BTreeMap<String, String> =
        serde_json::from_str(format).expect("a flat JSON object");
    let fields: Vec<_> = format.values().map(String::as_str).collect();
    for needed in
        ["$context.requestId", "$context.httpMethod", "$context.status", "$context.responseLatency"]
    {
        assert!(fields.contains(&needed), "{needed}");
    }
    for variable in fields {
        let name = variable.strip_prefix("$context.").expect("a variable");
        let personal = ["identity", "path", "authorizer", "domain"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        assert!(!personal, "{variable} says who the caller is, or holds what they typed");
    }
}
