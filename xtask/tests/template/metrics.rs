//! The metrics that alarms and dashboard may name. CloudWatch accepts any name: a misspelt one
//! deploys, and never has data.

use crate::template::{Template, subscribers};

/// What a function reports under its own `function` dimension, beside [`COMMON`] and, for a
/// subscriber, [`OF_SUBSCRIBERS`]. A subscriber's own metrics are listed if an alarm or a widget
/// names them.
const OWN: [(&str, &[&str]); 3] = [
    (
        "orders",
        &[
            "OrdersAccepted",
            "OrdersRejected",
            "CouponsSpent",
            "OrdersUnavailable",
            "PublishFailures",
            "PendingFlagsNotCleared",
            "TimeToAnswer",
        ],
    ),
    (
        "outbox-relay",
        &["OutboxFound", "OutboxPublished", "OutboxOldestAge", "SweepFailures", "Sweeps"],
    ),
    ("fulfilment", &["OrderAgeWhenFulfilled"]),
];

const COMMON: [&str; 2] = ["HandlerDuration", "ColdStarts"];

const OF_SUBSCRIBERS: [&str; 4] =
    ["RecordsDone", "RecordsAlreadyDone", "RecordsRetried", "RecordsPoison"];

/// Whether the function reports the metric.
fn reports(function: &str, metric: &str) -> bool {
    let own = OWN.iter().find(|(name, _)| *name == function);
    let is_subscriber = subscribers().iter().any(|name| name.to_lowercase() == function);
    let of_a_subscriber = is_subscriber && OF_SUBSCRIBERS.contains(&metric);
    own.is_some_and(|(_, metrics)| metrics.contains(&metric))
        || of_a_subscriber
        || COMMON.contains(&metric)
}

pub(crate) const OUR_NAMESPACE: &str = "OrderFanout/${AWS::StackName}";

/// Metrics with a second dimension.
const BY: [(&str, &str); 2] = [("OrdersRejected", "reason"), ("TimeToAnswer", "route")];

/// AWS's metrics: namespace, dimension, the resource type that the dimension names, metric names.
const AWS: [(&str, &str, &str, &[&str]); 5] = [
    (
        "AWS/ApiGateway",
        "ApiId",
        "AWS::ApiGatewayV2::Api",
        &["Count", "4xx", "5xx", "Latency", "IntegrationLatency"],
    ),
    ("AWS/Lambda", "FunctionName", "AWS::Serverless::Function", &["Errors", "Throttles"]),
    (
        "AWS/SNS",
        "TopicName",
        "AWS::SNS::Topic",
        &[
            "NumberOfMessagesPublished",
            "NumberOfNotificationsDelivered",
            "NumberOfNotificationsFailed",
            "NumberOfNotificationsFilteredOut",
            "NumberOfNotificationsRedrivenToDlq",
        ],
    ),
    (
        "AWS/SQS",
        "QueueName",
        "AWS::SQS::Queue",
        &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
        ],
    ),
    (
        "AWS/DynamoDB",
        "TableName",
        "AWS::DynamoDB::Table",
        &[
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "WriteThrottleEvents",
            "SuccessfulRequestLatency",
        ],
    ),
];

/// The metrics that a `SEARCH` in a widget draws.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The names of the dimensions.
    pub(crate) dimensions: Vec<String>,
    /// Whether only queues with `Dlq` in their name are drawn, or only others.
    pub(crate) dlqs: Option<bool>,
}

impl Search {
    pub(crate) fn draws(&self, metric: &Metric) -> bool {
        let names: Vec<_> = metric.dimensions.iter().map(|(name, _)| name).collect();
        let is_dlq = metric.dimensions.iter().any(|(_, value)| value.contains("Dlq"));
        (&self.namespace, &self.name) == (&metric.namespace, &metric.name)
            && self.dimensions.iter().collect::<Vec<_>>() == names
            && self.dlqs.is_none_or(|dlqs| dlqs == is_dlq)
    }

    /// Panics unless some function, or AWS, reports such metrics.
    pub(crate) fn assert_exists(&self, by: &str) {
        let exists = if self.namespace == OUR_NAMESPACE {
            devstack::functions().iter().any(|function| reports(function, &self.name))
        } else {
            let known = AWS.iter().find(|(namespace, ..)| *namespace == self.namespace);
            known.is_some_and(|(_, dimension, _, names)| {
                names.contains(&self.name.as_str())
                    && self.dimensions.iter().any(|name| name == dimension)
            })
        };
        assert!(exists, "{by}: nobody reports {self:?}");
    }
}

/// A metric in an alarm or a widget. A dimension's value is the logical id that it refers to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dimensions: Vec<(String, String)>,
}

impl Metric {
    /// Panics unless the metric is reported, for a resource that the template has.
    pub(crate) fn assert_exists(&self, template: &Template, by: &str) {
        let (dimension, value) =
            self.dimensions.first().unwrap_or_else(|| panic!("{by}: no dimension"));
        let more = self.dimensions.iter().skip(1).map(|(name, _)| name.as_str());
        if self.namespace == OUR_NAMESPACE {
            assert_eq!(dimension, "function", "{by}");
            let is_function = devstack::functions().contains(&value.as_str());
            assert!(is_function, "{by}: there is no function {value}");
            assert!(reports(value, &self.name), "{by}: {value} does not report {}", self.name);
            more.for_each(|more| {
                assert!(BY.contains(&(&self.name, more)), "{by}: {} by {more}", self.name);
            });
        } else {
            let known = AWS.iter().find(|(namespace, ..)| *namespace == self.namespace);
            let (_, dimensioned_by, kind, names) =
                known.unwrap_or_else(|| panic!("{by}: nobody reports {}", self.namespace));
            assert_eq!(dimension, dimensioned_by, "{by}");
            assert_eq!(template.root["Resources"][value]["Type"], *kind, "{by}: {value}");
            assert!(
                names.contains(&self.name.as_str()),
                "{by}: {} has no {}",
                self.namespace,
                self.name
            );
            more.for_each(|more| {
                assert_eq!((*dimensioned_by, more), ("TableName", "Operation"), "{by}");
            });
        }
    }
}
