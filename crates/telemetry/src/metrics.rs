//! Metrics in the embedded metric format: one JSON document per invocation, among its log lines,
//! written when it ends. No background thread sends them, because Lambda freezes the process
//! between invocations.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrique_writer::format::Format;
use metrique_writer::unit::AsCount;
use metrique_writer::{Entry, EntryWriter, Unit};
use metrique_writer_format_emf::{Emf, MetricDefinition, MetricDirective};

use crate::invocation::Shared;

/// Formats the entries of one kind. Without a namespace, as on a laptop, it writes nothing.
pub struct Metrics {
    emf: Option<Mutex<Emf>>,
}

/// A metric with one more dimension, which every entry of its kind must have. A dimension has few
/// values, never an id, a name or an amount, because each value creates a separate metric.
#[derive(Clone, Copy, Debug)]
pub struct ExtraDimension {
    /// The dimension.
    pub dimension: &'static str,
    /// The metric's name.
    pub metric: &'static str,
    /// The metric's unit.
    pub unit: Unit,
}

/// Returns the count, or `None` for 0. Alarms and sums treat an absent count like 0, and leaving it
/// out saves the time and the storage.
#[must_use]
pub fn nonzero_count(number: u64) -> Option<AsCount<u64>> {
    (number > 0).then(|| number.into())
}

const FUNCTION: &str = "function";
const VERSION: &str = "version";

/// The metrics of every invocation, followed by those of the function.
pub(crate) struct Document<'a, E> {
    pub(crate) function: &'static str,
    pub(crate) cold_starts: Option<AsCount<u64>>,
    pub(crate) handler_duration: Duration,
    pub(crate) measured: &'a E,
}

impl Metrics {
    pub(crate) fn of(namespace: Option<&str>, extra_dimensions: &[ExtraDimension]) -> Self {
        let Some(namespace) = namespace else { return Self { emf: None } };
        let mut emf = Emf::builder(namespace.to_owned(), vec![vec![FUNCTION.to_owned()]]);
        for ExtraDimension { dimension, metric, unit } in extra_dimensions {
            emf = emf.directive(MetricDirective {
                dimensions: vec![vec![FUNCTION, dimension]],
                metrics: vec![MetricDefinition {
                    name: metric,
                    unit: *unit,
                    storage_resolution: None,
                }],
                namespace,
            });
        }
        Self { emf: Some(Mutex::new(emf.build())) }
    }

    /// Writes a document as one line. If an entry is not a valid document, logs the error and
    /// writes nothing.
    pub(crate) fn write(&self, document: &impl Entry, line: &mut Vec<u8>) {
        let Some(emf) = &self.emf else { return };
        let formatted = emf.lock().unwrap_or_else(PoisonError::into_inner).format(document, line);
        if let Err(error) = formatted {
            line.clear();
            tracing::error!(%error, "what was measured cannot be written");
        }
    }
}

/// The failed work of one version of a function.
struct Failures<'a> {
    function: &'static str,
    version: &'a str,
    number: AsCount<u64>,
}

/// Writes the document that counts a version's failures. Writes nothing without a namespace or a
/// version. The formatter is built on each call, because failures are rare.
pub(crate) fn write_failures(telemetry: &Shared, failures: u64, line: &mut Vec<u8>) {
    let (Some(namespace), Some(version)) = (&telemetry.namespace, &telemetry.version) else {
        return;
    };
    let by_version = vec![vec![FUNCTION.to_owned(), VERSION.to_owned()]];
    let metrics =
        Metrics { emf: Some(Mutex::new(Emf::builder(namespace.clone(), by_version).build())) };
    metrics
        .write(&Failures { function: telemetry.function, version, number: failures.into() }, line);
}

impl Entry for Failures<'_> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        writer.value(FUNCTION, self.function);
        writer.value(VERSION, self.version);
        writer.value("Failures", &self.number);
    }
}

impl<E: Entry> Entry for Document<'_, E> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        writer.value(FUNCTION, self.function);
        writer.value("ColdStarts", &self.cold_starts);
        writer.value("HandlerDuration", &self.handler_duration);
        self.measured.write(writer);
    }
}
