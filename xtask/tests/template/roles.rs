//! What each function may do.

use serde_yaml_ng::Value;

use crate::template::{Template, each, functions, subscribers, target};

#[test]
fn every_function_role_names_its_actions_and_resources() {
    let template = Template::read();
    let roles = template.resources("AWS::IAM::Role");
    for (id, function) in functions(&template) {
        assert!(
            function["Policies"].is_null(),
            "{id} uses SAM's policies; its role names everything"
        );
        assert_eq!(target(&function["Role"]), Some(id.replace("Function", "Role").as_str()));
    }
    // `deployment` tests CodeDeploy's.
    for (id, role) in roles.into_iter().filter(|(id, _)| *id != "DeployRole") {
        for policy in role["Policies"].as_sequence().expect("a role has policies") {
            for statement in
                policy["PolicyDocument"]["Statement"].as_sequence().expect("statements")
            {
                assert_eq!(statement["Effect"], "Allow", "{id}");
                for action in each(&statement["Action"]) {
                    assert!(
                        !action.as_str().expect("an action").contains('*'),
                        "{id} may do {action:?}"
                    );
                }
                if statement["Resource"] == "*" {
                    // X-Ray actions support no resource ARNs.
                    let actions: Vec<_> =
                        each(&statement["Action"]).into_iter().filter_map(Value::as_str).collect();
                    assert_eq!(
                        actions,
                        ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                        "{id} may do it to all"
                    );
                    continue;
                }
                for resource in each(&statement["Resource"]) {
                    let named = target(resource)
                        .unwrap_or_else(|| panic!("{id} names no resource: {resource:?}"));
                    let named = named.split('.').next().expect("the alias is its function's");
                    assert!(
                        !template.root["Resources"][named].is_null(),
                        "{id} names {named}, which is not there"
                    );
                }
            }
        }
    }
}

#[test]
fn functions_write_only_their_tables_and_spent_coupons() {
    let template = Template::read();
    let writes = [
        "dynamodb:PutItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:UpdateItem",
        "dynamodb:PartiQLUpdate",
    ];
    let writes = |action: &str| writes.contains(&action);
    let spent = ["OrdersTable", "IdempotencyKeysTable", "PromotionTable"].map(str::to_owned);
    let mut own = vec![
        ("OrdersRole".to_owned(), spent.to_vec()),
        ("OutboxRelayRole".to_owned(), vec!["OrdersTable".to_owned()]),
    ];
    own.extend(
        subscribers().iter().map(|name| (format!("{name}Role"), vec![format!("{name}Table")])),
    );
    for (role, tables) in own {
        let statements = &template.root["Resources"][&*role]["Properties"]["Policies"][0]["PolicyDocument"]
            ["Statement"];
        let mut written = vec![];
        for statement in statements.as_sequence().expect("statements") {
            if each(&statement["Action"])
                .into_iter()
                .any(|action| action.as_str().is_some_and(writes))
            {
                written.extend(each(&statement["Resource"]).into_iter().filter_map(target));
            }
        }
        assert_eq!(written, tables, "{role}");
    }
}

/// The index name in a `!Sub ${Table.Arn}/index/name`.
fn index(resource: &Value) -> Option<&str> {
    let Value::Tagged(tagged) = resource else { return None };
    tagged.value.as_str()?.split_once("/index/").map(|(_, index)| index)
}

/// A role's permissions as `action resource` lines.
fn permissions(template: &Template, role: &str) -> Vec<String> {
    let properties = &template.root["Resources"][role]["Properties"];
    assert!(
        properties["ManagedPolicyArns"].is_null(),
        "{role} has a managed policy; it names everything itself"
    );
    each(&properties["Policies"]).into_iter().flat_map(lines_of).collect()
}

/// A policy's permissions as `action resource` lines.
fn lines_of(policy: &Value) -> Vec<String> {
    let lines = each(&policy["PolicyDocument"]["Statement"]).into_iter().flat_map(|statement| {
        let pair = |action: &Value, resource: &Value| {
            let within = index(resource).map(|index| format!("/index/{index}")).unwrap_or_default();
            let resource =
                resource.as_str().filter(|resource| *resource == "*").or_else(|| target(resource));
            format!(
                "{} {}{within}",
                action.as_str().expect("an action"),
                resource.expect("a resource")
            )
        };
        let resources = each(&statement["Resource"]);
        each(&statement["Action"]).into_iter().flat_map(move |action| {
            resources.clone().into_iter().map(move |resource| pair(action, resource))
        })
    });
    lines.collect()
}

/// The permissions of Lambda itself in a traced function.
const TRACE: [&str; 2] = ["xray:PutTraceSegments *", "xray:PutTelemetryRecords *"];

#[test]
fn role_allows_what_its_function_does_and_nothing_else() {
    let template = Template::read();
    let subscriber = |name: &str| {
        let own = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
            .map(|action| format!("{action} {name}Queue"));
        let rest = [
            format!("dynamodb:PartiQLInsert {name}Table"),
            format!("logs:CreateLogStream {name}Logs"),
            format!("logs:PutLogEvents {name}Logs"),
        ];
        [own.as_slice(), &rest, &TRACE.map(str::to_owned)].concat()
    };
    let orders = [
        "dynamodb:PutItem OrdersTable",
        "dynamodb:UpdateItem OrdersTable",
        "dynamodb:PutItem IdempotencyKeysTable",
        "dynamodb:GetItem IdempotencyKeysTable",
        "dynamodb:Query PromotionTable/index/code",
        "dynamodb:UpdateItem PromotionTable",
        "dynamodb:BatchGetItem OrdersTable",
        "dynamodb:BatchGetItem FulfilmentTable",
        "dynamodb:BatchGetItem PromotionTable",
        "dynamodb:BatchGetItem InvoicingTable",
        "sns:Publish OrdersTopic",
        "logs:CreateLogStream OrdersLogs",
        "logs:PutLogEvents OrdersLogs",
        TRACE[0],
        TRACE[1],
    ];
    let relay = [
        "dynamodb:Query OrdersTable/index/outbox",
        "dynamodb:Scan OrdersTable/index/outbox",
        "dynamodb:PartiQLUpdate OrdersTable",
        "sns:Publish OrdersTopic",
        "logs:CreateLogStream OutboxRelayLogs",
        "logs:PutLogEvents OutboxRelayLogs",
        TRACE[0],
        TRACE[1],
    ];
    assert_eq!(permissions(&template, "OrdersRole"), orders);
    assert_eq!(permissions(&template, "OutboxRelayRole"), relay);
    assert_eq!(
        permissions(&template, "OutboxRelayScheduleRole"),
        ["lambda:InvokeFunction OutboxRelayFunction.Alias"]
    );
    for name in subscribers() {
        assert_eq!(permissions(&template, &format!("{name}Role")), subscriber(&name));
    }
    assert_eq!(
        template.resources("AWS::IAM::Role").len(),
        devstack::functions().len() + 2,
        "the schedule's and CodeDeploy's"
    );
}

/// What a subscriber may do beside what every subscriber may. `key` and `deployment` test the
/// other policies that are not part of a role.
const EXTRA_PERMISSIONS: [(&str, &str, &str); 1] =
    [("InvoicingCounterPolicy", "InvoicingRole", "dynamodb:UpdateItem InvoicingTable")];

#[test]
fn only_listed_subscribers_have_extra_permissions() {
    let template = Template::read();
    let policies = template.resources("AWS::IAM::Policy").into_iter();
    let extra =
        policies.filter(|(id, _)| !id.ends_with("KmsPolicy") && !id.ends_with("DeployPolicy"));
    let extra: Vec<_> = extra
        .map(|(id, policy)| {
            let roles: Vec<_> = each(&policy["Roles"]).into_iter().filter_map(target).collect();
            (id, roles, lines_of(policy))
        })
        .collect();
    let expected =
        EXTRA_PERMISSIONS.map(|(id, role, line)| (id, vec![role], vec![line.to_owned()]));
    assert_eq!(extra, expected);
}

/// Resource policies and shared policies name their resources and principals, as roles do.
#[test]
fn resource_policies_have_no_wildcards_or_anonymous_access() {
    let template = Template::read();
    for kind in ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::IAM::Policy"] {
        for (id, policy) in template.resources(kind) {
            for statement in each(&policy["PolicyDocument"]["Statement"]) {
                let star = |what: &str| {
                    each(&statement[what])
                        .iter()
                        .any(|of| of.as_str().is_none_or(|of| of.contains('*')))
                };
                // A deploy policy covers the versions of its function.
                assert!(
                    !star("Resource") || id.ends_with("DeployPolicy"),
                    "{id} is about more than one thing: {:?}",
                    statement["Resource"]
                );
                assert!(
                    !star("Action") || statement["Effect"] == "Deny",
                    "{id} allows {:?}",
                    statement["Action"]
                );
                let anybody = statement["Principal"] == "*" || statement["Principal"]["AWS"] == "*";
                assert!(!anybody || statement["Effect"] == "Deny", "{id} lets anybody in");
            }
        }
    }
}

#[test]
fn role_is_assumed_only_by_its_service() {
    for (id, role) in Template::read().resources("AWS::IAM::Role") {
        let service = match id {
            "OutboxRelayScheduleRole" => "scheduler.amazonaws.com",
            "DeployRole" => "codedeploy.amazonaws.com",
            _of_a_function => "lambda.amazonaws.com",
        };
        let [trust] =
            &role["AssumeRolePolicyDocument"]["Statement"].as_sequence().expect("statements")[..]
        else {
            panic!("{id} trusts more than one");
        };
        assert_eq!(trust["Action"], "sts:AssumeRole", "{id}");
        let who = trust["Principal"].as_mapping().expect("a service");
        assert_eq!((who.len(), &trust["Principal"]["Service"]), (1, &Value::from(service)), "{id}");
    }
}
