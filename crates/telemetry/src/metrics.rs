//! Metrics in the embedded metric format: one JSON document for an invocation, among its log lines,
//! formatted when it ends. No thread sends them later, as a frozen sandbox would keep it waiting.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrique_writer::format::Format;
use metrique_writer::unit::AsCount;
use metrique_writer::{Entry, EntryWriter, Unit};
use metrique_writer_format_emf::{Emf, MetricDefinition, MetricDirective};

use crate::Telemetry;

/// Formats the entries of one kind. Nothing comes of it where there is no namespace, as on a
/// laptop.
pub struct Metrics {
    emf: Option<Mutex<Emf>>,
}

/// A metric with one more dimension, which every entry of its kind has. A
/// dimension has few values, and never an id, a name or an amount: each makes a metric of its own.
#[derive(Clone, Copy, Debug)]
pub struct ExtraDimension {
    /// The dimension.
    pub dimension: &'static str,
    /// The metric's name.
    pub metric: &'static str,
    /// The metric's unit.
    pub unit: Unit,
}

/// A count of what happened; none, if nothing did. To an alarm and a sum an absent count is as good
/// as a zero, which would take as long to write, and as much to keep, as any other.
#[must_use]
pub fn nonzero_count(number: u64) -> Option<AsCount<u64>> {
    (number > 0).then(|| number.into())
}

const FUNCTION: &str = "function";
const VERSION: &str = "version";

/// What is measured of every invocation, whatever the function, and then what the function
/// measured.
pub(crate) struct Document<'a, E> {
    pub(crate) function: &'static str,
    pub(crate) cold_starts: Option<AsCount<u64>>,
    pub(crate) handler_duration: Duration,
    pub(crate) measured: &'a E,
}

impl Metrics {
    pub(crate) fn of(namespace: Option<&str>, extra_dimensions: &[ExtraDimension]) -> Self {
        let emf = namespace.map(|namespace| {
            let emf = Emf::builder(namespace.to_owned(), vec![vec![FUNCTION.to_owned()]]);
            let emf = extra_dimensions.iter().fold(
                emf,
                |emf, ExtraDimension { dimension, metric, unit }| {
                    emf.directive(MetricDirective {
                        dimensions: vec![vec![FUNCTION, dimension]],
                        metrics: vec![MetricDefinition {
                            name: metric,
                            unit: *unit,
                            storage_resolution: None,
                        }],
                        namespace,
                    })
                },
            );
            Mutex::new(emf.build())
        });
        Self { emf }
    }

    /// Writes a document's line; nothing if it is not one, which is an error in the entry and is
    /// logged.
    pub(crate) fn write(&self, document: &impl Entry, line: &mut Vec<u8>) {
        let Some(emf) = &self.emf else { return };
        let formatted = emf.lock().unwrap_or_else(PoisonError::into_inner).format(document, line);
        if let Err(error) = formatted {
            line.clear();
            tracing::error!(%error, "what was measured cannot be written");
        }
    }
}

/// What a version of a function did in vain.
struct Failures<'a> {
    function: &'static str,
    version: &'a str,
    number: AsCount<u64>,
}

/// Writes the document that counts a version's failures; nothing, where nothing is measured or
/// there is no version. What it is formatted with is made anew, as few invocations need it.
pub(crate) fn write_failures(telemetry: &Telemetry, failures: u64, line: &mut Vec<u8>) {
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
