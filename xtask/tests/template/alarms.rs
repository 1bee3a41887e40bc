//! The alarms: every failure has one, and each has a runbook.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::metrics::Metric;
use crate::template::{Template, each, functions, subscribers, target, workspace_file};

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

/// The alarm on a metric.
fn alarm_on<'a>(template: &'a Template, metric: &Metric) -> &'a Value {
    let mut found = alarms(template).into_values().filter(|alarm| watched(alarm) == *metric);
    let alarm = found.next().unwrap_or_else(|| panic!("no alarm watches {metric:?}"));
    assert!(found.next().is_none(), "two alarms watch {metric:?}");
    alarm
}

fn fires_on_the_first(alarm: &Value) -> bool {
    alarm["Threshold"] == 0
        && alarm["ComparisonOperator"] == "GreaterThanThreshold"
        && alarm["EvaluationPeriods"] == 1
        && alarm["DatapointsToAlarm"].is_null()
}

#[test]
fn every_function_has_error_and_throttle_alarms() {
    let template = Template::read();
    for function in functions(&template).into_keys() {
        for name in ["Errors", "Throttles"] {
            let alarm =
                alarm_on(&template, &Metric::of("AWS/Lambda", name, "FunctionName", function));
            assert_eq!(
                (&alarm["Statistic"], &alarm["Threshold"]),
                (&"Sum".into(), &0.into()),
                "{function}"
            );
        }
    }
}

/// Not `NumberOfMessagesSent`: it does not count messages that SQS moves to a dead-letter queue.
#[test]
fn every_dlq_has_an_alarm_on_its_first_message() {
    let template = Template::read();
    for dlq in template.resources("AWS::SQS::Queue").into_keys().filter(|id| id.ends_with("Dlq")) {
        let depth = Metric::of("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dlq);
        let alarm = alarm_on(&template, &depth);
        assert!(fires_on_the_first(alarm), "{dlq}");
        assert_eq!(alarm["Statistic"], "Maximum", "{dlq}");
    }
}

#[test]
fn every_source_queue_has_an_alarm_on_its_oldest_message() {
    let template = Template::read();
    for queue in
        template.resources("AWS::SQS::Queue").into_keys().filter(|id| id.ends_with("Queue"))
    {
        alarm_on(
            &template,
            &Metric::of("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue),
        );
    }
}

/// A failed record, or a caught panic, is no error to Lambda: only our own metrics count it.
#[test]
fn failures_invisible_to_lambda_have_alarms() {
    let template = Template::read();
    for subscriber in subscribers() {
        let function = subscriber.to_lowercase();
        alarm_on(&template, &Metric::ours(&function, "RecordsRetried"));
        assert!(
            fires_on_the_first(alarm_on(&template, &Metric::ours(&function, "RecordsPoison"))),
            "{function}"
        );
    }
    alarm_on(&template, &Metric::ours("orders", "PublishFailures"));
    alarm_on(&template, &Metric::ours("outbox-relay", "OutboxOldestAge"));
    alarm_on(&template, &Metric::ours("outbox-relay", "Sweeps"));
}

#[test]
fn order_path_has_error_rate_and_latency_alarms() {
    let template = Template::read();
    let rate = alarm_on(&template, &Metric::of("AWS/ApiGateway", "5xx", "ApiId", "HttpApi"));
    assert_eq!(
        rate["Statistic"], "Average",
        "the average of 5xx is its rate, the sum grows with the traffic"
    );
    for metric in [
        Metric::of("AWS/ApiGateway", "Latency", "ApiId", "HttpApi"),
        Metric::ours("fulfilment", "OrderAgeWhenFulfilled"),
    ] {
        assert_eq!(alarm_on(&template, &metric)["ExtendedStatistic"], "p99", "{metric:?}");
    }
}

/// A Number parameter cannot be multiplied in a template, so the expression divides by it.
#[test]
fn request_rate_alarms_before_throttling() {
    let template = Template::read();
    let alarm = alarm_on(&template, &Metric::of("AWS/ApiGateway", "Count", "ApiId", "HttpApi"));
    let [requests, share] = &alarm["Metrics"].as_sequence().expect("two metrics")[..] else {
        panic!("{alarm:?}")
    };
    assert_eq!(
        (&requests["Id"], &requests["MetricStat"]["Stat"]),
        (&"requests".into(), &"Sum".into())
    );
    assert_eq!(requests["ReturnData"], false, "the alarm is on the expression");
    let Value::Tagged(expression) = &share["Expression"] else { panic!("{share:?}") };
    assert_eq!(expression.value, "requests / PERIOD(requests) / ${ApiRequestsPerSecond}");
    assert_eq!(
        (&alarm["ComparisonOperator"], &alarm["Threshold"]),
        (&"GreaterThanOrEqualToThreshold".into(), &0.8.into())
    );
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
fn every_alarm_and_recovery_is_sent_to_the_alarm_topic() {
    let template = Template::read();
    for (id, alarm) in alarms(&template) {
        for actions in [&alarm["AlarmActions"], &alarm["OKActions"]] {
            let topics: Vec<_> = each(actions).into_iter().map(target).collect();
            assert_eq!(topics, [Some("AlarmTopic")], "{id}");
        }
        assert!(alarm["ActionsEnabled"].is_null(), "{id} is mute");
    }
}

/// The default, `missing`, leaves an alarm in `INSUFFICIENT_DATA`: neither `OK` nor notified.
#[test]
fn every_alarm_sets_missing_data_treatment() {
    let template = Template::read();
    for (id, alarm) in alarms(&template) {
        let silence = match id {
            "OutboxRelayNotRunning" => "breaching",
            "OutboxOldestAgeHigh" => "ignore",
            _ => "notBreaching",
        };
        assert_eq!(alarm["TreatMissingData"], silence, "{id}");
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
