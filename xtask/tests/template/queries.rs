//! The saved queries of Logs Insights.

use std::fs;

use serde_yaml_ng::Value;

use crate::template::{Template, each, functions, target};

fn texts(template: &Template) -> Vec<(String, String)> {
    let queries = template.resources("AWS::Logs::QueryDefinition").into_values();
    let queries = queries.map(|query| {
        let Value::Tagged(name) = &query["Name"] else {
            panic!("a query is in the stack's folder")
        };
        let name = name.value.as_str().and_then(|name| name.strip_prefix("${AWS::StackName}/"));
        let text = query["QueryString"].as_str().expect("a query's text");
        (name.expect("a query is in the stack's folder").to_owned(), text.to_owned())
    });
    queries.collect()
}

#[test]
fn every_query_is_over_the_logs_of_all_functions() {
    let template = Template::read();
    let functions = functions(&template);
    let logs: Vec<_> =
        functions.values().map(|function| target(&function["LoggingConfig"]["LogGroup"])).collect();
    for (id, query) in template.resources("AWS::Logs::QueryDefinition") {
        let mut over: Vec<_> = each(&query["LogGroupNames"]).into_iter().map(target).collect();
        over.sort_unstable();
        let mut all = logs.clone();
        all.sort_unstable();
        assert_eq!(over, all, "{id}");
    }
}

#[test]
fn saved_queries_cover_the_on_call_questions() {
    let mut names: Vec<_> = texts(&Template::read()).into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, ["cold starts", "order trace", "rejection reasons", "slowest orders"]);
}

/// Runbooks name a query in quotes, after the words "saved queries, the folder of the stack".
#[test]
fn runbooks_name_existing_queries() {
    let names: Vec<_> = texts(&Template::read()).into_iter().map(|(name, _)| name).collect();
    let folder = devstack::root().join("docs/runbooks");
    let mut sent = 0;
    for runbook in
        fs::read_dir(folder).expect("the runbooks").map(|file| file.expect("a runbook").path())
    {
        let text = fs::read_to_string(&runbook).expect("a text").replace('\n', " ");
        for paragraph in text.split("saved queries, the folder of the stack").skip(1) {
            let name = paragraph
                .split('"')
                .nth(1)
                .unwrap_or_else(|| panic!("{} names no query", runbook.display()));
            assert!(names.iter().any(|known| known == name), "{}: {name}", runbook.display());
            sent += 1;
        }
    }
    assert!(sent >= 2, "{sent}");
}

/// Lambda's reports are logged at INFO; at WARN only those of failed invocations are.
#[test]
fn cold_start_query_reads_lambda_platform_reports() {
    let template = Template::read();
    assert_eq!(template.root["Globals"]["Function"]["LoggingConfig"]["SystemLogLevel"], "INFO");
    let queries = texts(&template);
    let (_, cold) = queries.iter().find(|(name, _)| name == "cold starts").expect("the query");
    assert!(cold.contains("platform.report") && cold.contains("initDurationMs"), "{cold}");
}
