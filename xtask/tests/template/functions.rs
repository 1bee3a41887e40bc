//! The functions: how they are built, and settings that must agree across resources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_yaml_ng::Value;

use crate::environments::{environments, number};
use crate::expected::line;
use crate::template::{Template, each, functions, subscribers, target, workspace_file};

#[test]
fn every_function_is_built_by_cargo_lambda_from_its_package() {
    let template = Template::read();
    assert_eq!(functions(&template).len(), devstack::functions().len());
    for (id, function) in functions(&template) {
        let metadata = &template.root["Resources"][id]["Metadata"];
        let code = function["CodeUri"].as_str().expect("CodeUri is a folder");
        assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{id}");
        assert_eq!(
            code,
            format!(
                "functions/{}",
                metadata["BuildProperties"]["Binary"].as_str().expect("a binary")
            )
        );
        let manifest: toml::Table =
            workspace_file(&format!("{code}/Cargo.toml")).parse().expect("a manifest");
        assert_eq!(
            manifest["package"]["name"].as_str(),
            metadata["BuildProperties"]["Binary"].as_str(),
            "{id}"
        );
    }
    let globals = &template.root["Globals"]["Function"];
    assert_eq!(
        (&globals["Runtime"], &globals["Handler"]),
        (&"provided.al2023".into(), &"bootstrap".into())
    );
    assert_eq!(
        (target(&globals["MemorySize"]), target(&globals["Timeout"])),
        (Some("MemorySize"), Some("FunctionTimeout"))
    );
    assert_eq!(globals["EphemeralStorage"]["Size"], 512);
}

/// All variables that code under a folder reads at startup.
fn variables_read(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a function has a folder of code") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            names.append(&mut variables_read(&path));
            continue;
        }
        let code = fs::read_to_string(&path).expect("a text");
        for call in ["required", "number", "optional", "optional_number"] {
            for receiver in ["environment", "Environment"] {
                let call = format!("{receiver}.{call}(\"");
                let arguments = code.split(&call).skip(1).filter_map(|rest| rest.split('"').next());
                names.extend(arguments.map(str::to_owned));
            }
        }
    }
    names
}

/// `Globals` has those that `lambda-startup` reads for every function.
#[test]
fn function_has_exactly_the_variables_that_it_reads() {
    let template = Template::read();
    let of_subscribers = variables_read(&devstack::root().join("crates/subscriber/src"));
    for (id, function) in functions(&template) {
        let code = function["CodeUri"].as_str().expect("CodeUri is a folder");
        let mut read = variables_read(&devstack::root().join(code).join("src"));
        if subscribers().iter().any(|name| *id == format!("{name}Function")) {
            read.extend(of_subscribers.clone());
        }
        assert!(!read.is_empty(), "{id}");
        let given = function["Environment"]["Variables"].as_mapping().expect("variables");
        let given: BTreeSet<_> = given.keys().map(line).collect();
        assert_eq!(read, given, "{id}: read and given");
    }
}

#[test]
fn relay_runs_every_minute_and_skips_orders_in_progress() {
    let template = Template::read();
    let schedule = template.resources("AWS::Scheduler::Schedule")["OutboxRelaySchedule"];
    assert_eq!(schedule["ScheduleExpression"], "rate(1 minute)");
    assert!(schedule["State"].is_null(), "it runs from the start");
    assert_eq!(target(&schedule["Target"]["Arn"]), Some("OutboxRelayFunction.Alias"));
    let index =
        &template.resources("AWS::DynamoDB::Table")["OrdersTable"]["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], "outbox");
    let projected: Vec<_> = each(&index["Projection"]["NonKeyAttributes"])
        .into_iter()
        .filter_map(Value::as_str)
        .collect();
    let needed = ["customer", "amount", "discount", "traceparent"];
    assert_eq!(projected, needed, "the message is made of these and the keys");
    for (name, environment) in &environments() {
        let [age, timeout] = ["OutboxAge", "FunctionTimeout"]
            .map(|parameter| number(&template, environment, parameter));
        assert!(age >= timeout, "{name}: the relay publishes orders that are being published");
    }
    let functions = functions(&template);
    let shards =
        |function: &str| target(&functions[function]["Environment"]["Variables"]["OUTBOX_SHARDS"]);
    assert_eq!(
        (shards("OrdersFunction"), shards("OutboxRelayFunction")),
        (Some("OutboxShards"), Some("OutboxShards"))
    );
}

#[test]
fn coupon_index_projects_what_spending_needs() {
    let template = Template::read();
    let table = template.resources("AWS::DynamoDB::Table")["PromotionTable"];
    let [index] = each(&table["GlobalSecondaryIndexes"])[..] else { panic!("one index") };
    assert_eq!(index["IndexName"], "code");
    let [key] = each(&index["KeySchema"])[..] else { panic!("one key") };
    assert_eq!((&key["AttributeName"], &key["KeyType"]), (&"code".into(), &"HASH".into()));
    assert_eq!(index["Projection"]["ProjectionType"], "INCLUDE");
    let projected: Vec<_> = each(&index["Projection"]["NonKeyAttributes"])
        .into_iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        projected,
        ["percent", "expires_at", "spent_by"],
        "and the table's key, to spend it by"
    );
    assert!(
        table["TimeToLiveSpecification"].is_null(),
        "a spent coupon is the memory of what was done"
    );
}

#[test]
fn every_function_uses_the_stacks_metrics_namespace() {
    let template = Template::read();
    let globals = &template.root["Globals"]["Function"]["Environment"]["Variables"];
    let Value::Tagged(namespace) = &globals["METRICS_NAMESPACE"] else {
        panic!("no namespace: {globals:?}")
    };
    assert_eq!(namespace.value, "OrderFanout/${AWS::StackName}");
    for (id, function) in functions(&template) {
        assert!(
            function["Environment"]["Variables"]["METRICS_NAMESPACE"].is_null(),
            "{id} measures elsewhere"
        );
    }
}

/// `sam local` sets only variables that the template names.
#[test]
fn endpoint_url_is_declared_but_unset() {
    let globals = &Template::read().root["Globals"]["Function"]["Environment"]["Variables"];
    assert_eq!(target(&globals["AWS_ENDPOINT_URL"]), Some("AWS::NoValue"));
}
