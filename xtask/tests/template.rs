//! What the linters do not see in template.yaml and samconfig.toml.

use std::collections::BTreeMap;
use std::fs;

use serde_yaml_ng::Value;

struct Template {
    root: Value,
}

fn workspace_file(name: &str) -> String {
    let file = local::root().join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

impl Template {
    fn read() -> Self {
        Self { root: serde_yaml_ng::from_str(&workspace_file("template.yaml")).expect("template.yaml is YAML") }
    }

    /// The properties of every resource of a type, by logical id.
    fn resources(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = self.root["Resources"].as_mapping().expect("the template has resources");
        let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
        of_kind.map(|(id, resource)| (id.as_str().expect("a logical id"), &resource["Properties"])).collect()
    }

    fn parameter(&self, name: &str) -> &Value {
        &self.root["Parameters"][name]["Default"]
    }
}

/// What a short intrinsic such as `!Ref X` or `!GetAtt X.Arn` points to: `X`.
fn target(value: &Value) -> Option<&str> {
    let Value::Tagged(tagged) = value else { return None };
    let text = tagged.value.as_str()?;
    match tagged.tag.to_string().as_str() {
        "!Ref" => Some(text),
        "!GetAtt" => text.split('.').next(),
        // One resource within another, such as a table's index.
        "!Sub" => text.strip_prefix("${")?.split('.').next(),
        _ => None,
    }
}

/// One or many, as policies write it.
fn each(value: &Value) -> Vec<&Value> {
    value.as_sequence().map_or_else(|| vec![value], |values| values.iter().collect())
}

fn functions(template: &Template) -> BTreeMap<&str, &Value> {
    template.resources("AWS::Serverless::Function")
}

/// The parameters of each environment that differ from the template's defaults.
fn environments() -> BTreeMap<String, BTreeMap<String, String>> {
    let config: toml::Table = workspace_file("samconfig.toml").parse().expect("samconfig.toml is TOML");
    let environments = config.iter().filter_map(|(name, value)| Some((name, value.as_table()?)));
    let overrides = environments.filter_map(|(name, environment)| {
        let overrides = environment.get("deploy")?.get("parameters")?.get("parameter_overrides")?.as_str()?;
        let overrides = overrides.split_whitespace().filter_map(|pair| pair.split_once('='));
        Some((name.clone(), overrides.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()))
    });
    overrides.collect()
}

fn number(template: &Template, environment: &BTreeMap<String, String>, parameter: &str) -> u64 {
    match environment.get(parameter) {
        Some(value) => value.parse().expect("a number"),
        None => template.parameter(parameter).as_u64().expect("the parameter has a number for default"),
    }
}

#[test]
fn every_function_is_built_by_cargo_lambda_from_its_package() {
    let template = Template::read();
    assert_eq!(functions(&template).len(), 4);
    for (id, function) in functions(&template) {
        let metadata = &template.root["Resources"][id]["Metadata"];
        let code = function["CodeUri"].as_str().expect("CodeUri is a folder");
        assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{id}");
        assert_eq!(code, format!("functions/{}", metadata["BuildProperties"]["Binary"].as_str().expect("a binary")));
        let manifest: toml::Table = workspace_file(&format!("{code}/Cargo.toml")).parse().expect("a manifest");
        assert_eq!(manifest["package"]["name"].as_str(), metadata["BuildProperties"]["Binary"].as_str(), "{id}");
    }
    let globals = &template.root["Globals"]["Function"];
    assert_eq!((&globals["Runtime"], &globals["Handler"]), (&"provided.al2023".into(), &"bootstrap".into()));
}

#[test]
fn every_function_has_a_role_of_its_own_that_names_what_it_does_and_to_what() {
    let template = Template::read();
    let roles = template.resources("AWS::IAM::Role");
    for (id, function) in functions(&template) {
        assert!(function["Policies"].is_null(), "{id} uses SAM's policies; its role names everything");
        assert_eq!(target(&function["Role"]), Some(id.replace("Function", "Role").as_str()));
    }
    for (id, role) in roles {
        for policy in role["Policies"].as_sequence().expect("a role has policies") {
            for statement in policy["PolicyDocument"]["Statement"].as_sequence().expect("statements") {
                assert_eq!(statement["Effect"], "Allow", "{id}");
                for action in each(&statement["Action"]) {
                    assert!(!action.as_str().expect("an action").contains('*'), "{id} may do {action:?}");
                }
                if statement["Resource"] == "*" {
                    // X-Ray has no resource to name.
                    let actions: Vec<_> = each(&statement["Action"]).into_iter().filter_map(Value::as_str).collect();
                    assert_eq!(actions, ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "{id} may do it to all");
                    continue;
                }
                for resource in each(&statement["Resource"]) {
                    let named = target(resource).unwrap_or_else(|| panic!("{id} names no resource: {resource:?}"));
                    assert!(!template.root["Resources"][named].is_null(), "{id} names {named}, which is not there");
                }
            }
        }
    }
}

#[test]
fn what_a_function_writes_is_its_own_table() {
    let template = Template::read();
    let writes = |action: &str| matches!(action, "dynamodb:PutItem" | "dynamodb:PartiQLInsert" | "dynamodb:UpdateItem");
    let own = [
        ("OrdersRole", vec!["OrdersTable", "IdempotencyKeysTable"]),
        ("RelayRole", vec!["OrdersTable"]),
        ("FulfilmentRole", vec!["ShipmentsTable"]),
        ("PromotionRole", vec!["CouponsTable"]),
    ];
    for (role, tables) in own {
        let statements = &template.root["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        let mut written = vec![];
        for statement in statements.as_sequence().expect("statements") {
            if each(&statement["Action"]).into_iter().any(|action| action.as_str().is_some_and(writes)) {
                written.extend(each(&statement["Resource"]).into_iter().filter_map(target));
            }
        }
        assert_eq!(written, tables, "{role}");
    }
}

/// A role's permissions as `action resource` lines.
fn permissions(template: &Template, role: &str) -> Vec<String> {
    let properties = &template.root["Resources"][role]["Properties"];
    assert!(properties["ManagedPolicyArns"].is_null(), "{role} has a managed policy; it names everything itself");
    let policies = properties["Policies"].as_sequence().expect("policies");
    let statements = policies.iter().flat_map(|policy| each(&policy["PolicyDocument"]["Statement"]));
    let lines = statements.flat_map(|statement| {
        let pair = |action: &Value, resource: &Value| {
            let resource = resource.as_str().filter(|resource| *resource == "*").or_else(|| target(resource));
            format!("{} {}", action.as_str().expect("an action"), resource.expect("a resource"))
        };
        let resources = each(&statement["Resource"]);
        each(&statement["Action"])
            .into_iter()
            .flat_map(move |action| resources.clone().into_iter().map(move |resource| pair(action, resource)))
    });
    lines.collect()
}

/// What Lambda itself does for a function that is traced.
const TRACE: [&str; 2] = ["xray:PutTraceSegments *", "xray:PutTelemetryRecords *"];

#[test]
fn a_role_allows_what_its_function_does_and_nothing_else() {
    let template = Template::read();
    let consumer = |name: &str, table: &str| {
        let own = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
            .map(|action| format!("{action} {name}Queue"));
        let rest = [
            format!("dynamodb:PartiQLInsert {table}"),
            format!("logs:CreateLogStream {name}Logs"),
            format!("logs:PutLogEvents {name}Logs"),
        ];
        [own.as_slice(), &rest, &TRACE.map(str::to_owned)].concat()
    };
    let orders = [
        "dynamodb:PutItem OrdersTable",
        "dynamodb:UpdateItem OrdersTable",
        "dynamodb:PutItem IdempotencyKeysTable",
        "dynamodb:BatchGetItem OrdersTable",
        "dynamodb:BatchGetItem ShipmentsTable",
        "dynamodb:BatchGetItem CouponsTable",
        "sns:Publish OrdersTopic",
        "logs:CreateLogStream OrdersLogs",
        "logs:PutLogEvents OrdersLogs",
        TRACE[0],
        TRACE[1],
    ];
    let relay = [
        "dynamodb:Query OrdersTable",
        "dynamodb:UpdateItem OrdersTable",
        "sns:Publish OrdersTopic",
        "logs:CreateLogStream RelayLogs",
        "logs:PutLogEvents RelayLogs",
        TRACE[0],
        TRACE[1],
    ];
    assert_eq!(permissions(&template, "OrdersRole"), orders);
    assert_eq!(permissions(&template, "RelayRole"), relay);
    assert_eq!(permissions(&template, "RelayScheduleRole"), ["lambda:InvokeFunction RelayFunction"]);
    assert_eq!(permissions(&template, "FulfilmentRole"), consumer("Fulfilment", "ShipmentsTable"));
    assert_eq!(permissions(&template, "PromotionRole"), consumer("Promotion", "CouponsTable"));
    assert_eq!(template.resources("AWS::IAM::Role").len(), 5);
}

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
    let subscriptions = template.resources("AWS::SNS::Subscription");
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

#[test]
fn functions_and_topic_are_traced_and_the_topic_is_let() {
    let template = Template::read();
    assert_eq!(template.root["Globals"]["Function"]["Tracing"], "Active");
    assert_eq!(template.resources("AWS::SNS::Topic")["OrdersTopic"]["TracingConfig"], "Active");
    let policy = template.resources("AWS::XRay::ResourcePolicy")["OrdersTopicTracing"];
    let Value::Tagged(document) = &policy["PolicyDocument"] else { panic!("the policy names the topic by !Sub") };
    let document: Value = serde_yaml_ng::from_value(document.value.clone()).expect("a text");
    let document: Value = serde_yaml_ng::from_str(document.as_str().expect("a text")).expect("JSON");
    let [statement] = each(&document["Statement"])[..] else { panic!("{document:?}") };
    assert_eq!(statement["Principal"]["Service"], "sns.amazonaws.com");
    assert_eq!(statement["Condition"]["ArnEquals"]["aws:SourceArn"], "${OrdersTopic}");
}

#[test]
fn every_function_measures_in_the_stacks_own_namespace() {
    let template = Template::read();
    let globals = &template.root["Globals"]["Function"]["Environment"]["Variables"];
    let Value::Tagged(namespace) = &globals["METRICS_NAMESPACE"] else { panic!("no namespace: {globals:?}") };
    assert_eq!(namespace.value, "OrderFanout/${AWS::StackName}");
    for (id, function) in functions(&template) {
        assert!(function["Environment"]["Variables"]["METRICS_NAMESPACE"].is_null(), "{id} measures elsewhere");
    }
}

#[test]
fn the_api_has_one_catch_all_route_to_orders() {
    let template = Template::read();
    let routes = template.resources("AWS::ApiGatewayV2::Route");
    assert_eq!(routes.len(), 1);
    assert_eq!(routes["HttpApiRoute"]["RouteKey"], "$default");
    let integration = template.resources("AWS::ApiGatewayV2::Integration")["HttpApiIntegration"];
    assert_eq!(target(&integration["IntegrationUri"]), Some("OrdersFunction"));
    assert_eq!(integration["PayloadFormatVersion"], "2.0");
}

#[test]
fn every_log_group_forgets_and_every_function_has_one() {
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

#[test]
fn what_subscribers_did_is_never_forgotten() {
    let template = Template::read();
    let tables = template.resources("AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 4);
    for (id, table) in tables.into_iter().filter(|(id, _)| *id != "IdempotencyKeysTable") {
        assert!(table["TimeToLiveSpecification"].is_null(), "{id} would forget, and an old event have a second effect");
        assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{id}");
    }
}

#[test]
fn the_relay_sweeps_every_minute_what_the_orders_function_is_done_with() {
    let template = Template::read();
    let schedule = template.resources("AWS::Scheduler::Schedule")["RelaySchedule"];
    assert_eq!(schedule["ScheduleExpression"], "rate(1 minute)");
    assert_eq!(target(&schedule["Target"]["Arn"]), Some("RelayFunction"));
    let index = &template.resources("AWS::DynamoDB::Table")["OrdersTable"]["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], "outbox");
    let projected: Vec<_> =
        each(&index["Projection"]["NonKeyAttributes"]).into_iter().filter_map(Value::as_str).collect();
    assert_eq!(projected, ["customer", "amount", "traceparent"], "the message is made of these and the keys");
    for (name, environment) in &environments() {
        let [age, timeout] =
            ["OutboxAge", "FunctionTimeout"].map(|parameter| number(&template, environment, parameter));
        assert!(age >= timeout, "{name}: the relay announces orders that are being announced");
    }
    let functions = functions(&template);
    let shards = |function: &str| target(&functions[function]["Environment"]["Variables"]["OUTBOX_SHARDS"]);
    assert_eq!((shards("OrdersFunction"), shards("RelayFunction")), (Some("OutboxShards"), Some("OutboxShards")));
}

#[test]
fn the_outputs_say_where_everything_is() {
    let template = Template::read();
    let outputs = template.root["Outputs"].as_mapping().expect("outputs");
    for output in [
        "ShopUrl",
        "OrdersTable",
        "IdempotencyKeysTable",
        "ShipmentsTable",
        "CouponsTable",
        "OrdersTopicArn",
        "OutboxShards",
        "FulfilmentQueueUrl",
        "FulfilmentDlqUrl",
        "FulfilmentSubscriptionDlqUrl",
        "PromotionQueueUrl",
        "PromotionDlqUrl",
        "PromotionSubscriptionDlqUrl",
    ] {
        assert!(outputs.contains_key(output), "{output}");
    }
}

#[test]
fn every_environment_has_a_stack_of_its_own() {
    let config: toml::Table = workspace_file("samconfig.toml").parse().expect("samconfig.toml is TOML");
    let environments = config.iter().filter(|(_, value)| value.is_table());
    let names: Vec<_> =
        environments.map(|(name, of)| (of["global"]["parameters"]["stack_name"].as_str(), name)).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let different: BTreeMap<_, _> = names.iter().copied().collect();
    assert_eq!(different.len(), names.len(), "two environments share a stack: {names:?}");
}

/// SAM's cache hashes only a function's own folder: with it, a change in `crates/` was not built and a stale binary
/// was deployed. Cargo is the cache; without SAM's an unchanged rebuild takes seconds.
#[test]
fn sam_never_caches_builds() {
    let config: toml::Table = workspace_file("samconfig.toml").parse().expect("samconfig.toml is TOML");
    for (name, environment) in config.iter().filter_map(|(name, value)| Some((name, value.as_table()?))) {
        for (command, parameters) in environment {
            let cached = parameters.get("parameters").and_then(|parameters| parameters.get("cached"));
            assert_eq!(cached, None, "{name}.{command}");
        }
    }
}
