//! The metrics that alarms and dashboard may name. CloudWatch accepts any name: a misspelt one
//! deploys, and never has data.

use crate::template::Template;

/// What each function reports, under its own `function` dimension.
const OURS: [(&str, &[&str]); 5] = [
    (
        "orders",
        &[
            "OrdersAccepted",
            "OrdersRejected",
            "CouponsSpent",
            "OrdersUnavailable",
            "PublishFailures",
            "PendingFlagsNotCleared",
            "HandlerDuration",
            "TimeToAnswer",
            "ColdStarts",
        ],
    ),
    (
        "outbox-relay",
        &[
            "OutboxFound",
            "OutboxPublished",
            "OutboxOldestAge",
            "SweepFailures",
            "Sweeps",
            "HandlerDuration",
            "ColdStarts",
        ],
    ),
    (
        "fulfilment",
        &[
            "RecordsDone",
            "RecordsAlreadyDone",
            "RecordsRetried",
            "RecordsPoison",
            "OrderAgeWhenFulfilled",
            "HandlerDuration",
            "ColdStarts",
        ],
    ),
    (
        "promotion",
        &[
            "RecordsDone",
            "RecordsAlreadyDone",
            "RecordsRetried",
            "RecordsPoison",
            "CouponsGiven",
            "HandlerDuration",
            "ColdStarts",
        ],
    ),
    (
        "invoicing",
        &[
            "RecordsDone",
            "RecordsAlreadyDone",
            "RecordsRetried",
            "RecordsPoison",
            "InvoicesIssued",
            "HandlerDuration",
            "ColdStarts",
        ],
    ),
];

const OUR_NAMESPACE: &str = "OrderFanout/${AWS::StackName}";

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

/// A metric in an alarm or a widget. A dimension's value is the logical id that it refers to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dimensions: Vec<(String, String)>,
}

impl Metric {
    /// A metric of one of our functions.
    pub(crate) fn ours(function: &str, name: &str) -> Self {
        Self::of(OUR_NAMESPACE, name, "function", function)
    }

    /// A metric of one of AWS's services on a resource of the template.
    pub(crate) fn of(namespace: &str, name: &str, dimension: &str, value: &str) -> Self {
        let dimensions = vec![(dimension.to_owned(), value.to_owned())];
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    /// Panics unless the metric is reported, for a resource that the template has.
    pub(crate) fn assert_exists(&self, template: &Template, by: &str) {
        let (dimension, value) =
            self.dimensions.first().unwrap_or_else(|| panic!("{by}: no dimension"));
        let more = self.dimensions.iter().skip(1).map(|(name, _)| name.as_str());
        if self.namespace == OUR_NAMESPACE {
            assert_eq!(dimension, "function", "{by}");
            let function = OURS.iter().find(|(function, _)| function == value);
            let (_, names) =
                function.unwrap_or_else(|| panic!("{by}: there is no function {value}"));
            assert!(
                names.contains(&self.name.as_str()),
                "{by}: {value} does not report {}",
                self.name
            );
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
