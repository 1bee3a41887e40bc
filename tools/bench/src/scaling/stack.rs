//! What the template sets, as far as limits and costs depend on it.

use anyhow::{Context, Result, ensure};
use devstack::expanded_template;
use serde_yaml_ng::Value;

/// Figures of the template with its default parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    /// Alarms that notify, and those that a deployment watches.
    pub(crate) alarms: f64,
    pub(crate) dashboards: f64,
    /// KMS keys that the stack itself makes.
    pub(crate) keys: f64,
    /// Queues with an event source mapping.
    pub(crate) queues: f64,
    /// `MaximumConcurrency` of each queue.
    pub(crate) maximum_concurrency: f64,
    /// `BatchSize` of each queue.
    pub(crate) batch_size: f64,
    pub(crate) max_receive_count: f64,
    /// `QueueVisibility`, in seconds.
    pub(crate) visibility_seconds: f64,
    /// Memory of each function.
    pub(crate) memory_gb: f64,
    pub(crate) api_requests_per_second: f64,
    pub(crate) outbox_shards: f64,
    /// The length of the access log's format: a line has values in place of variables, which are
    /// about as long.
    pub(crate) access_log_bytes: f64,
}

impl Stack {
    /// Reads the template.
    pub(crate) fn read() -> Result<Self> {
        Self::of(&expanded_template()?)
    }

    fn of(template: &Value) -> Result<Self> {
        let parameter = |name: &str| {
            number(&template["Parameters"][name]["Default"]).with_context(|| name.to_owned())
        };
        let resources = template["Resources"].as_mapping().context("no resources")?;
        let of_kind = |kind: &'static str| {
            resources.values().filter(move |resource| resource["Type"] == kind)
        };
        #[expect(clippy::cast_precision_loss, reason = "some dozens")]
        let count = |kind| of_kind(kind).count() as f64;
        let sources: Vec<_> = of_kind("AWS::Serverless::Function")
            .map(|function| &function["Properties"]["Events"]["Queue"]["Properties"])
            .filter(|source| !source.is_null())
            .collect();
        let source = sources.first().context("no event source mapping")?;
        let alike = |other: &&Value| {
            (&other["BatchSize"], &other["ScalingConfig"])
                == (&source["BatchSize"], &source["ScalingConfig"])
        };
        ensure!(sources.iter().all(alike), "the event source mappings differ");
        let stage = of_kind("AWS::ApiGatewayV2::Stage").next().context("no API stage")?;
        let format = stage["Properties"]["AccessLogSettings"]["Format"].as_str();
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        Ok(Self {
            alarms: count("AWS::CloudWatch::Alarm"),
            dashboards: count("AWS::CloudWatch::Dashboard"),
            keys: count("AWS::KMS::Key"),
            queues: sources.len() as f64,
            maximum_concurrency: number(&source["ScalingConfig"]["MaximumConcurrency"])
                .context("no MaximumConcurrency")?,
            batch_size: number(&source["BatchSize"]).context("no BatchSize")?,
            max_receive_count: parameter("MaxReceiveCount")?,
            visibility_seconds: parameter("QueueVisibility")?,
            memory_gb: parameter("MemorySize")? / 1024.0,
            api_requests_per_second: parameter("ApiRequestsPerSecond")?,
            outbox_shards: parameter("OutboxShards")?,
            access_log_bytes: format.context("no access log format")?.len() as f64,
        })
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const STACK: Stack = Stack {
        alarms: 40.0,
        dashboards: 1.0,
        keys: 1.0,
        queues: 3.0,
        maximum_concurrency: 10.0,
        batch_size: 10.0,
        max_receive_count: 3.0,
        visibility_seconds: 60.0,
        memory_gb: 0.25,
        api_requests_per_second: 1_000.0,
        outbox_shards: 16.0,
        access_log_bytes: 400.0,
    };

    #[test]
    fn event_source_mappings_must_be_alike() {
        let mapping = |most: u32| {
            format!(
                "{{Type: 'AWS::Serverless::Function', Properties: {{Events: {{Queue: {{Properties: \
                 {{BatchSize: 10, ScalingConfig: {{MaximumConcurrency: {most}}}}}}}}}}}}}"
            )
        };
        let template = |most| {
            let text = format!("Resources: {{A: {}, B: {}}}", mapping(10), mapping(most));
            Stack::of(&serde_yaml_ng::from_str(&text).unwrap()).unwrap_err().to_string()
        };
        assert_eq!(template(20), "the event source mappings differ");
        assert_eq!(template(10), "no API stage");
    }
}
