//! The dashboard: CloudWatch draws an empty graph for a metric that does not exist.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::alarms::{alarms, watched};
use crate::expected::line;
use crate::metrics::{Metric, OUR_NAMESPACE, Search};
use crate::template::{Template, workspace_file};

const COLUMNS: u64 = 24;

/// The dashboard's body as CloudWatch gets it, except that the name of the resource, which must
/// exist, stands for `${Queue.QueueName}` and the like.
fn widgets(template: &Template) -> Vec<Json> {
    let serde_yaml_ng::Value::Tagged(body) =
        &template.resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]
    else {
        panic!("the body has names to fill in");
    };
    assert_eq!(body.tag, "Sub");
    assert_eq!(line(&body.value[1]), "{Words: !Join [ , !Split [-, !Ref AWS::StackName]]}");
    let body: Json =
        serde_json::from_str(body.value[0].as_str().expect("a text")).expect("the body is JSON");
    body["widgets"].as_array().expect("widgets").clone()
}

/// `X` for `${X.Attribute}`; any other text unchanged.
fn target(template: &Template, text: &str) -> String {
    let Some(reference) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return text.to_owned();
    };
    let id = reference.split('.').next().expect("a split text has a first part");
    assert!(
        !template.root["Resources"][id].is_null(),
        "the dashboard names {id}, which is not there"
    );
    id.to_owned()
}

/// What a widget says of single metrics, such as their labels.
fn metric_options(widget: &Json) -> impl Iterator<Item = &Json> {
    let metrics = widget["properties"]["metrics"].as_array().into_iter().flatten();
    metrics
        .filter_map(Json::as_array)
        .filter_map(|metric| metric.last())
        .filter(|of| of.is_object())
}

fn texts(value: &Json) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

/// What a widget draws: metrics that it names, and searches.
struct Drawn {
    metrics: Vec<Metric>,
    searches: Vec<Search>,
}

impl Drawn {
    fn by(template: &Template, widget: &Json) -> Self {
        let mut drawn = Self { metrics: vec![], searches: vec![] };
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            match texts(metric)[..] {
                [namespace, name, ref dimensions @ ..] => drawn.metrics.push(Metric {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    dimensions: dimensions
                        .chunks(2)
                        .map(|pair| (pair[0].to_owned(), target(template, pair[1])))
                        .collect(),
                }),
                _ => drawn.searches.push(search(
                    metric[0]["expression"]
                        .as_str()
                        .unwrap_or_else(|| panic!("{metric} is no metric")),
                )),
            }
        }
        drawn
    }

    fn contains(&self, metric: &Metric) -> bool {
        self.metrics.contains(metric) || self.searches.iter().any(|search| search.draws(metric))
    }
}

/// Parses `SEARCH('{Namespace,dimension} MetricName="Name" words', 'Sum')`. Without the words of the
/// stack's name, a search in a namespace of AWS finds the metrics of every stack, and in that of SQS
/// it finds the dead-letter queues as well, unless it says.
fn search(expression: &str) -> Search {
    let between = |start: &str, end: char| {
        let (_, rest) =
            expression.split_once(start).unwrap_or_else(|| panic!("{expression} has no {start}"));
        rest.split_once(end).expect("an end").0
    };
    let schema = between("SEARCH('{", ' ');
    let schema = schema.strip_suffix('}').expect("a schema in braces");
    let mut schema = schema.split(',').map(|part| part.trim_matches('"').to_owned());
    let words = between("MetricName=\"", '\'').split(' ').skip(1).collect::<Vec<_>>();
    let namespace = schema.next().expect("a namespace");
    let dlqs = match (&*namespace, &words[..]) {
        ("AWS/SQS", ["${Words}", "NOT", "Dlq"]) => Some(false),
        ("AWS/SQS", ["${Words}", "Dlq"]) => Some(true),
        (OUR_NAMESPACE, [] | ["function=\"orders\""])
        | ("AWS/Lambda" | "AWS/DynamoDB", ["${Words}"]) => None,
        other => panic!("{expression}: {other:?}"),
    };
    assert_statistic(&Json::from(between("', '", '\'')));
    Search {
        namespace,
        name: between("MetricName=\"", '"').to_owned(),
        dimensions: schema.collect(),
        dlqs,
    }
}

/// CloudWatch draws nothing for a statistic that it does not know.
fn assert_statistic(name: &Json) {
    let known = ["Average", "Maximum", "Minimum", "SampleCount", "Sum", "p50", "p99"];
    assert!(known.iter().any(|statistic| name == statistic), "there is no statistic {name}");
}

#[test]
fn every_widget_draws_existing_metrics() {
    let template = Template::read();
    let mut drawn = 0;
    for widget in widgets(&template).iter().filter(|widget| widget["type"] == "metric") {
        let Drawn { metrics, searches } = Drawn::by(&template, widget);
        let title = widget["properties"]["title"].to_string();
        for metric in &metrics {
            metric.assert_exists(&template, &title);
        }
        for search in &searches {
            search.assert_exists(&title);
        }
        assert_eq!(widget["properties"]["region"], "${AWS::Region}");
        assert_statistic(&widget["properties"]["stat"]);
        for options in metric_options(widget) {
            options.get("stat").into_iter().for_each(assert_statistic);
        }
        assert!(metrics.len() + searches.len() > 0, "{widget} draws nothing");
        drawn += 1;
    }
    assert!(drawn > 15, "{drawn}");
}

#[test]
fn dashboard_shows_every_alarm_and_its_metric() {
    let template = Template::read();
    let widgets = widgets(&template);
    let shown: BTreeSet<_> = widgets
        .iter()
        .flat_map(|widget| texts(&widget["properties"]["alarms"]))
        .map(|alarm| target(&template, alarm))
        .collect();
    let drawn: Vec<_> = widgets.iter().map(|widget| Drawn::by(&template, widget)).collect();
    for (id, alarm) in alarms(&template) {
        assert!(shown.contains(id), "{id}");
        // An alarm on missing data needs no graph.
        let metric = watched(alarm);
        let is_drawn = drawn.iter().any(|drawn| drawn.contains(&metric));
        assert!(is_drawn || id == "OutboxRelayNotRunning", "{id}");
    }
}

/// A line labelled "alarm" is at the alarm's threshold.
#[test]
fn dashboard_lines_match_alarm_thresholds() {
    let template = Template::read();
    let mut lines = 0;
    for widget in widgets(&template) {
        for line in
            widget["properties"]["annotations"]["horizontal"].as_array().into_iter().flatten()
        {
            let drawn = Drawn::by(&template, &widget);
            let alarms = alarms(&template);
            let thresholds: BTreeSet<_> = alarms
                .values()
                .filter(|alarm| drawn.contains(&watched(alarm)))
                .map(|alarm| alarm["Threshold"].as_u64())
                .collect();
            assert_eq!(thresholds, BTreeSet::from([line["value"].as_u64()]), "{widget}");
            lines += 1;
        }
    }
    assert_eq!(lines, 3);
}

#[test]
fn widgets_fill_rows_and_never_overlap() {
    let template = Template::read();
    let mut taken = BTreeSet::new();
    for widget in widgets(&template) {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|of| widget[of].as_u64().expect("a number"));
        for cell in (x..x + width).flat_map(|column| (y..y + height).map(move |row| (column, row)))
        {
            assert!(cell.0 < COLUMNS && taken.insert(cell), "{cell:?} is taken, or outside");
        }
    }
    let rows = taken.iter().map(|(_, row)| row + 1).max().expect("widgets");
    assert_eq!(
        u64::try_from(taken.len()).expect("a small number"),
        rows * COLUMNS,
        "there are holes"
    );
}

#[test]
fn dashboard_is_named_like_the_stack() {
    let template = Template::read();
    let name = &template.resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardName"];
    assert_eq!(crate::template::target(name), Some("AWS::StackName"));
    assert!(workspace_file("ARCHITECTURE.md").contains("a dashboard named like the stack"));
}
