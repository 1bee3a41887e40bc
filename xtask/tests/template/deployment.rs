//! Deployments: all callers use the alias, and the alias rolls back when the new version fails.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::alarms::{of_a_version, watched};
use crate::metrics::Metric;
use crate::template::{Template, choice, each, functions, target, workspace_file};

/// How traffic shifts in `prod`. The relay runs once a minute, so a tenth of ten invocations may be
/// none.
fn in_prod(function: &str) -> &str {
    if function == "OutboxRelayFunction" {
        "Linear10PercentEvery1Minute"
    } else {
        "Canary10Percent10Minutes"
    }
}

#[test]
fn every_function_has_an_alias_and_shifts_gradually_in_prod() {
    let template = Template::read();
    let globals = &template.root["Globals"]["Function"];
    assert_eq!(
        (&globals["AutoPublishAlias"], &globals["AutoPublishAliasAllProperties"]),
        (&"live".into(), &true.into())
    );
    assert_eq!(target(&globals["DeploymentPreference"]["Role"]), Some("DeployRole"));
    for (id, function) in functions(&template) {
        let own = &function["DeploymentPreference"];
        let kind = if own["Type"].is_null() {
            &globals["DeploymentPreference"]["Type"]
        } else {
            &own["Type"]
        };
        assert_eq!(
            choice(kind),
            Some(("IsProd", &in_prod(id).into(), &"AllAtOnce".into())),
            "{id}"
        );
        assert!(own["Enabled"].is_null() && own["Role"].is_null(), "{id}");
    }
}

/// SAM points queues at the alias. No other permission may name a function itself: it would invoke
/// an unreleased version.
#[test]
fn functions_are_called_only_by_alias() {
    let template = Template::read();
    let permissions = template.resources("AWS::Lambda::Permission");
    assert_eq!(permissions.len(), 2);
    for (id, permission) in permissions {
        assert_eq!(target(&permission["FunctionName"]), Some("OrdersFunction.Alias"), "{id}");
    }
    // Written out for `sam local start-api` (docs/adr/0015), so the dependency on the alias must be
    // explicit.
    let integrations = template.resources("AWS::ApiGatewayV2::Integration");
    assert_eq!(integrations.len(), 1);
    let Value::Tagged(callee) = &integrations["HttpApiIntegration"]["IntegrationUri"] else {
        panic!("no alias")
    };
    let alias = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${OrdersFunction}:live";
    assert_eq!((callee.tag.to_string().as_str(), &callee.value), ("!Sub", &alias.into()));
    assert_eq!(template.root["Globals"]["Function"]["AutoPublishAlias"], "live");
    assert_eq!(template.root["Resources"]["HttpApiIntegration"]["DependsOn"], "HttpApiPermission");
    let schedule = template.resources("AWS::Scheduler::Schedule")["OutboxRelaySchedule"];
    assert_eq!(target(&schedule["Target"]["Arn"]), Some("OutboxRelayFunction.Alias"));
}

/// The new version's errors, and its failed work without a crash. Only these: an alarm on all
/// versions would stop the very deployment that fixes the failure.
#[test]
fn deployment_alarms_watch_only_the_new_version() {
    let template = Template::read();
    let mut alarms: BTreeMap<&str, &Value> = template.resources("AWS::CloudWatch::Alarm");
    alarms.retain(|id, _| of_a_version(id));
    for (id, function) in functions(&template) {
        let asked: Vec<_> = each(&function["DeploymentPreference"]["Alarms"])
            .into_iter()
            .filter_map(target)
            .collect();
        let name = id.trim_end_matches("Function");
        let [errors, failures] = ["Errors", "Failures"].map(|what| format!("{name}Version{what}"));
        assert_eq!(asked, [&errors, &failures], "{id}");

        let dimensions = |of: &[(&str, &str)]| {
            of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        let alias = format!("${{{id}}}:live");
        let version = version_of(alarms[&*errors], id);
        let of_lambda = [("FunctionName", id), ("Resource", &*alias), ("ExecutedVersion", version)];
        assert_eq!(
            watched(alarms[&*errors]),
            Metric {
                namespace: "AWS/Lambda".to_owned(),
                name: "Errors".to_owned(),
                dimensions: dimensions(&of_lambda)
            }
        );
        let reported_as =
            devstack::functions().iter().copied().find(|name| devstack::resource(name) == id);
        let reported_as = reported_as.expect("a function of the workspace");
        let ours = Metric::ours(reported_as, "Failures");
        let by_version =
            [("function", reported_as), ("version", version_of(alarms[&*failures], id))];
        assert_eq!(
            watched(alarms[&*failures]),
            Metric { dimensions: dimensions(&by_version), ..ours }
        );
    }
    assert_eq!(alarms.len(), 2 * functions(&template).len());
    for (id, alarm) in alarms {
        assert_eq!((&alarm["Statistic"], &alarm["Threshold"]), (&"Sum".into(), &0.into()), "{id}");
        assert_eq!(
            (&alarm["Period"], &alarm["EvaluationPeriods"]),
            (&60.into(), &1.into()),
            "{id}"
        );
        assert_eq!((&alarm["ComparisonOperator"]), "GreaterThanThreshold", "{id}");
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{id}: silence is well");
        assert!(alarm["AlarmActions"].is_null(), "{id} would wake somebody for one failure");
        // An alarm updated in place keeps its state, so the last version's failures would stop the
        // deployment of the fix.
        let Value::Tagged(name) = &alarm["AlarmName"] else {
            panic!("{id} has no name of its own for each version")
        };
        let (function, kind) = id.split_once("Version").expect("a version's alarm");
        let version = format!("-{}-${{{function}Function.Version.Version}}", kind.to_lowercase());
        assert!(name.value.as_str().is_some_and(|name| name.ends_with(&version)), "{name:?}");
    }
}

/// The text of an intrinsic.
fn tagged_text(value: &Value) -> Option<&str> {
    let Value::Tagged(tagged) = value else { return None };
    tagged.value.as_str()
}

/// The alarm's version dimension: the version that SAM publishes of this function.
fn version_of<'a>(alarm: &'a Value, function: &str) -> &'a str {
    let version = &each(&alarm["Dimensions"]).into_iter().next_back().expect("dimensions")["Value"];
    let Value::Tagged(tagged) = version else { panic!("{version:?}") };
    assert_eq!(tagged.value, format!("{function}.Version.Version"));
    target(version).expect("the function")
}

/// The only role with wildcards, and their purpose.
#[test]
fn deploy_role_may_only_move_aliases_and_read_alarms() {
    let template = Template::read();
    let role = template.resources("AWS::IAM::Role")["DeployRole"];
    let [trust] = each(&role["AssumeRolePolicyDocument"]["Statement"])[..] else {
        panic!("one statement")
    };
    assert_eq!(trust["Principal"]["Service"], "codedeploy.amazonaws.com");
    assert_eq!(
        target(&trust["Condition"]["StringEquals"]["aws:SourceAccount"]),
        Some("AWS::AccountId")
    );
    let [policy] = each(&role["Policies"])[..] else { panic!("one policy") };
    let [see_alarms] = each(&policy["PolicyDocument"]["Statement"])[..] else {
        panic!("one statement")
    };
    assert_eq!(see_alarms["Action"], "cloudwatch:DescribeAlarms");
    assert!(
        see_alarms["Resource"]
            .as_str()
            .is_some_and(|resource| resource.ends_with(":${AWS::AccountId}:alarm:*"))
    );

    for function in functions(&template).keys() {
        let id = function.replace("Function", "DeployPolicy");
        let policy = template.resources("AWS::IAM::Policy")[&*id];
        let roles: Vec<_> = each(&policy["Roles"]).into_iter().map(target).collect();
        assert_eq!(roles, [Some("DeployRole")], "{id}");
        let [move_alias] = each(&policy["PolicyDocument"]["Statement"])[..] else {
            panic!("{id}: one statement")
        };
        let actions: Vec<_> =
            each(&move_alias["Action"]).into_iter().filter_map(Value::as_str).collect();
        assert_eq!(
            actions,
            ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"]
        );
        let resources: Vec<_> =
            each(&move_alias["Resource"]).into_iter().filter_map(tagged_text).collect();
        let with_its_versions = [format!("{function}.Arn"), format!("${{{function}.Arn}}:*")];
        assert_eq!(resources, with_its_versions, "{id}");
    }
}

#[test]
fn guide_documents_traffic_shifting_and_rollback() {
    let guide = workspace_file("docs/guides/deploying.md");
    for said in [
        "Canary10Percent10Minutes",
        "Linear10PercentEvery1Minute",
        "aws lambda update-alias",
        "Expand and contract",
    ] {
        assert!(guide.contains(said), "{said}");
    }
}
