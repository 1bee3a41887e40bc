//! One invocation, from the event to the response. Its log lines and metrics are written together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use metrique_writer::Entry;
use tracing::Span;

use crate::metrics::{Document, nonzero_count};
use crate::output::Output;
use crate::{ExtraDimension, Metrics, metrics};

/// A function's telemetry: its name, its metrics and its log. Clones share them.
#[derive(Clone)]
pub struct Telemetry(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) output: Output,
    pub(crate) function: &'static str,
    pub(crate) namespace: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) cold: AtomicBool,
}

/// A running invocation. When it is dropped, its buffered lines are written.
#[must_use]
pub struct Invocation {
    telemetry: Telemetry,
    start: Instant,
}

impl Telemetry {
    /// Returns a formatter for entries of one kind. Their dimension is `function`; some metrics
    /// have one of `extra_dimensions` as well.
    #[must_use]
    pub fn metrics(&self, extra_dimensions: &[ExtraDimension]) -> Metrics {
        Metrics::of(self.0.namespace.as_deref(), extra_dimensions)
    }

    /// Begins an invocation. A Lambda process handles one at a time.
    pub fn invocation(&self) -> Invocation {
        self.0.output.hold();
        Invocation { telemetry: self.clone(), start: Instant::now() }
    }
}

impl Invocation {
    /// Counts the invocation's failed work in the `Failures` metric, whose `version` dimension
    /// drives the rollback of a deployment. Writes nothing if `failures` is 0.
    pub fn failed(&self, failures: u64) {
        if failures > 0 {
            let mut line = vec![];
            metrics::write_failures(&self.telemetry.0, failures, &mut line);
            self.telemetry.0.output.add(false, |lines| lines.append(&mut line));
        }
    }

    /// The time since the invocation began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Ends the invocation and writes `measured`, with `HandlerDuration` (milliseconds) and, for
    /// the process's first invocation, `ColdStarts` (count).
    pub fn end(self, metrics: &Metrics, measured: &impl Entry) {
        let Self { telemetry: Telemetry(telemetry), start } = &self;
        let document = Document {
            function: telemetry.function,
            cold_starts: nonzero_count(telemetry.cold.swap(false, Ordering::Relaxed).into()),
            handler_duration: start.elapsed(),
            measured,
        };
        let mut line = vec![];
        metrics.write(&document, &mut line);
        telemetry.output.add(false, |lines| lines.append(&mut line));
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        self.telemetry.0.output.release();
    }
}

/// Returns a span that adds the invocation's `request_id` to its lines.
#[must_use]
pub fn request_span(request_id: &str) -> Span {
    tracing::error_span!("invocation", request_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::Writes;
    use metrique_writer::Unit;
    use metrique_writer::unit::AsCount;
    use serde_json::{Value, json};

    #[derive(Entry)]
    #[entry(rename_all = "PascalCase")]
    struct Sold {
        #[entry(name = "kind")]
        kind: &'static str,
        apples: AsCount<u64>,
    }

    const BY_KIND: ExtraDimension =
        ExtraDimension { dimension: "kind", metric: "Apples", unit: Unit::Count };
    const SCHEMA: &str = include_str!("../tests/emf.schema.json");

    fn telemetry(namespace: Option<&str>) -> (Telemetry, Writes) {
        let writes = Writes::default();
        let namespace = namespace.map(str::to_owned);
        let output = Output::to(writes.clone());
        let version = Some("7".to_owned());
        let cold = AtomicBool::new(true);
        let shared = Shared { output, function: "orders", namespace, version, cold };
        (Telemetry(Arc::new(shared)), writes)
    }

    #[test]
    fn elapsed_time_grows() {
        let invocation = telemetry(None).0.invocation();
        let before = Instant::now();
        while before.elapsed().is_zero() {}
        assert!(!invocation.elapsed().is_zero());
    }

    #[test]
    fn metric_document_matches_the_emf_specification() {
        let (telemetry, writes) = telemetry(Some("Shop/test"));
        let metrics = telemetry.metrics(&[BY_KIND]);
        for cold in [true, false] {
            telemetry.invocation().end(&metrics, &Sold { kind: "red", apples: 3.into() });
            let mut document: Value = serde_json::from_str(writes.all().last().unwrap()).unwrap();
            let schema = serde_json::from_str(SCHEMA).unwrap();
            jsonschema::validator_for(&schema).unwrap().validate(&document).unwrap();

            let aws = document["_aws"].take();
            let of = |dimensions: Value, metrics: Value| json!({"Namespace": "Shop/test", "Dimensions": dimensions, "Metrics": metrics});
            let cold_starts = json!({"Name": "ColdStarts", "Unit": "Count"});
            let duration = json!({"Name": "HandlerDuration", "Unit": "Milliseconds"});
            let apples = json!({"Name": "Apples", "Unit": "Count"});
            let all = if cold {
                vec![&cold_starts, &duration, &apples]
            } else {
                vec![&duration, &apples]
            };
            let expected = json!([
                of(json!([["function"]]), json!(all)),
                of(json!([["function", "kind"]]), json!([apples]))
            ]);
            assert_eq!(aws["CloudWatchMetrics"], expected);
            assert!(document["HandlerDuration"].as_f64() >= Some(0.0), "{document}");
            let values =
                ["function", "kind", "Apples", "ColdStarts"].map(|name| document[name].clone());
            assert_eq!(
                values,
                [
                    json!("orders"),
                    json!("red"),
                    json!(3),
                    if cold { json!(1) } else { Value::Null }
                ]
            );
        }
    }

    #[test]
    fn failures_are_counted_per_function_version() {
        let (telemetry, writes) = telemetry(Some("Shop/test"));
        let invocation = telemetry.invocation();
        invocation.failed(0);
        invocation.failed(2);
        drop(invocation);
        let [document] = &writes.all()[..] else { panic!("one write") };
        let mut document: Value = serde_json::from_str(document).unwrap();
        let schema = serde_json::from_str(SCHEMA).unwrap();
        jsonschema::validator_for(&schema).unwrap().validate(&document).unwrap();
        let failures = json!([{"Name": "Failures", "Unit": "Count"}]);
        let directive = json!([{"Namespace": "Shop/test", "Dimensions": [["function", "version"]], "Metrics": failures}]);
        assert_eq!(document["_aws"].take()["CloudWatchMetrics"], directive);
        assert_eq!(
            document,
            json!({"_aws": null, "function": "orders", "version": "7", "Failures": 2})
        );
    }

    #[test]
    fn metrics_are_off_without_a_namespace() {
        let (telemetry, writes) = telemetry(None);
        telemetry.invocation().failed(1);
        telemetry
            .invocation()
            .end(&telemetry.metrics(&[]), &Sold { kind: "red", apples: 3.into() });
        assert!(writes.all().is_empty());
    }

    #[test]
    fn dropped_invocation_still_writes_its_log_lines() {
        let (telemetry, writes) = telemetry(None);
        let invocation = telemetry.invocation();
        telemetry.0.output.add(false, |lines| lines.extend_from_slice(b"a line\n"));
        assert!(writes.all().is_empty());
        drop(invocation);
        assert_eq!(writes.all(), ["a line\n"]);
    }
}
