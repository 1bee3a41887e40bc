//! The alarms: every failure has one, and each has a runbook.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::expected::{assert_lines, line};
use crate::metrics::Metric;
use crate::template::{Template, each, functions, target, workspace_file};

/// The alarms that notify. The others serve deployments only: see `deployment`.
pub(crate) fn alarms(template: &Template) -> BTreeMap<&str, &Value> {
    let mut alarms = template.resources("AWS::CloudWatch::Alarm");
    alarms.retain(|id, _| !of_a_version(id));
    alarms
}

/// Whether an alarm watches a single version during its deployment.
pub(crate) fn of_a_version(alarm: &str) -> bool {
    alarm.ends_with("VersionErrors") || alarm.ends_with("VersionFailures")
}

pub(crate) fn watched(alarm: &Value) -> Metric {
    let text = |value: &Value| match value {
        Value::Tagged(tagged) if tagged.tag != "Sub" => target(value).map(ToOwned::to_owned),
        Value::Tagged(tagged) => tagged.value.as_str().map(ToOwned::to_owned),
        plain => plain.as_str().map(ToOwned::to_owned),
    };
    let text = |value: &Value| text(value).unwrap_or_else(|| panic!("{value:?} is not a text"));
    let metric = &alarm["Metrics"][0]["MetricStat"]["Metric"];
    let metric = if metric.is_null() { alarm } else { metric };
    let dimensions = each(&metric["Dimensions"]);
    let dimensions = dimensions
        .into_iter()
        .map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"])));
    Metric {
        namespace: text(&metric["Namespace"]),
        name: text(&metric["MetricName"]),
        dimensions: dimensions.collect(),
    }
}

/// All but their descriptions, for each kind of alarm and for the alarms of deployments. `docs/reference/alarms.md` has the reasons. Not `NumberOfMessagesSent` for a
/// dead-letter queue: it does not count messages that SQS moves there. `5xx` by its average, which
/// is its rate.
#[test]
fn alarms_are_exactly_the_listed_ones() {
    let template = Template::read();
    let mut lines = vec![];
    for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let mut settings = alarm.as_mapping().expect("properties").clone();
        settings.shift_remove("AlarmDescription");
        lines.push(format!("{id}: {}", line(&Value::Mapping(settings))));
    }
    assert_lines(lines, "alarms.txt");
}

/// The alarms whose descriptions say what customers notice. The others are early warnings.
const WITH_EFFECT: [&str; 5] = [
    "FunctionErrors",
    "FunctionThrottled",
    "SubscriptionDlqHasMessages",
    "DlqHasMessages",
    "QueueOldestAgeHigh",
];

#[test]
fn alarm_descriptions_say_what_customers_notice() {
    let template = Template::read();
    let rows: Value = serde_yaml_ng::from_str(&workspace_file("template.yaml")).expect("YAML");
    let alarms = alarms(&template);
    for id in functions(&template).into_keys() {
        let name = id.trim_end_matches("Function");
        let effect = rows["Mappings"]["Functions"][name]["Effect"].as_str().expect("an effect");
        let described = WITH_EFFECT.iter().filter_map(|kind| alarms.get(&*format!("{name}{kind}")));
        for alarm in described {
            let description = alarm["AlarmDescription"].as_str().expect("a description");
            assert!(description.contains(&format!("{effect} What")), "{name}: {description}");
        }
    }
}

#[test]
fn every_alarm_watches_an_existing_metric() {
    let template = Template::read();
    for (id, alarm) in alarms(&template) {
        watched(alarm).assert_exists(&template, id);
    }
}

#[test]
fn every_alarm_names_an_existing_runbook() {
    let template = Template::read();
    for (id, alarm) in alarms(&template) {
        let description =
            alarm["AlarmDescription"].as_str().unwrap_or_else(|| panic!("{id} says nothing"));
        let (words, runbook) = description.rsplit_once(' ').expect("words and a runbook");
        assert!(words.ends_with("What to do:") && words.len() > 50, "{id}: {words}");
        assert!(runbook.starts_with("docs/runbooks/"), "{id}: {runbook}");
        assert!(workspace_file(runbook).starts_with("# "), "{id}: {runbook}");
    }
}

#[test]
fn alarms_page_lists_every_alarm_with_its_runbook() {
    let template = Template::read();
    let page = workspace_file("docs/reference/alarms.md");
    let row_of = |name: &str| {
        page.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).map(str::to_owned)
    };
    let queues = template.resources("AWS::SQS::Queue").into_keys();
    let subscribers: Vec<_> = queues.filter_map(|id| id.strip_suffix("Queue")).collect();
    for (id, alarm) in alarms(&template) {
        let of_a_subscriber = || {
            // A subscriber's name may begin another's.
            let mut kinds = subscribers.iter().filter_map(|name| id.strip_prefix(name));
            kinds.find_map(|kind| row_of(&format!("<Subscriber>{kind}")))
        };
        let of_a_function = || {
            let kind = ["FunctionErrors", "FunctionThrottled"];
            kind.iter()
                .find(|kind| id.ends_with(**kind))
                .and_then(|kind| row_of(&format!("<Function>{kind}")))
        };
        let row = row_of(id).or_else(of_a_subscriber).or_else(of_a_function);
        let row = row.unwrap_or_else(|| panic!("{id} is not in docs/reference/alarms.md"));
        let (_, runbook) = alarm["AlarmDescription"]
            .as_str()
            .and_then(|text| text.rsplit_once("docs/runbooks/"))
            .expect("a runbook");
        assert!(
            row.contains(&format!("(../runbooks/{runbook})")),
            "{id}: the row does not link {runbook}"
        );
    }
}
