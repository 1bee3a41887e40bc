//! The JSON log format: one flat object per line, with the fields of the event and of its spans, and
//! `duration_ms`, how long the invocation had run when the line was written.

use std::fmt::{self, Debug, Display, Write};
use std::time::Instant;

use jiff::Timestamp;
use jiff::fmt::StdFmtWrite;
use jiff::fmt::temporal::DateTimePrinter;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Formats events. Lambda's log controls require the names `timestamp` and `level`.
pub(crate) struct Json {
    pub(crate) function: &'static str,
}

/// Always six decimals: microseconds.
const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// When an invocation began.
struct Start(Instant);

/// Keeps the start of each outermost span, which is an invocation's.
pub(crate) struct InvocationStart;

impl<S> Layer<S> for InvocationStart
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id).filter(|span| span.parent().is_none()) {
            span.extensions_mut().insert(Start(Instant::now()));
        }
    }
}

/// Formats fields as members of an object, each with a comma before it. A span's fields are
/// formatted once for all its lines.
pub(crate) struct JsonFields;

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        writer.write_str(r#"{"timestamp":""#)?;
        TIME.print_timestamp(&Timestamp::now(), StdFmtWrite(&mut writer))
            .map_err(|_| fmt::Error)?;
        let level = event.metadata().level();
        write!(writer, r#"","level":"{level}","function":"{}""#, self.function)?;
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<JsonFields>>() {
                writer.write_str(fields)?;
            }
            if let Some(Start(start)) = extensions.get() {
                let micros = start.elapsed().as_micros();
                write!(writer, r#","duration_ms":{}.{:03}"#, micros / 1_000, micros % 1_000)?;
            }
        }
        context.format_fields(writer.by_ref(), event)?;
        writer.write_str("}\n")
    }
}

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut members = Members(String::with_capacity(USUAL));
        fields.record(&mut members);
        writer.write_str(&members.0)
    }
}

/// The usual size of the fields of a request's span or line, in bytes.
const USUAL: usize = 256;

/// Collects members in its own string, because growing the writer's string for each member is
/// slower.
struct Members(String);

impl Members {
    fn name(&mut self, field: &Field) {
        for part in [",\"", field.name(), "\":"] {
            self.0.push_str(part);
        }
    }

    fn number(&mut self, field: &Field, number: &dyn Display) {
        self.name(field);
        write!(self.0, "{number}").expect("a string takes everything");
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.name(field);
        self.0.push('"');
        write!(Escaped(&mut self.0), "{value:?}").expect("a string takes everything");
        self.0.push('"');
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        self.0.push('"');
        Escaped(&mut self.0).push(value);
        self.0.push('"');
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, &value);
    }
}

/// Escapes text for a JSON string.
struct Escaped<'a>(&'a mut String);

impl Escaped<'_> {
    fn push(&mut self, text: &str) {
        // Usually nothing needs escaping, and copying all at once is faster.
        if !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
            return self.0.push_str(text);
        }
        for character in text.chars() {
            match character {
                '"' | '\\' => self.0.extend(['\\', character]),
                ..' ' => write!(self.0, "\\u{:04x}", u32::from(character))
                    .expect("a string takes everything"),
                _ => self.0.push(character),
            }
        }
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpanContext;
    use crate::output::Output;
    use crate::output::tests::Writes;
    use proptest::{char, collection, prelude::*};
    use serde_json::{Value, json};
    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::prelude::*;

    /// Returns the lines written while `log` runs.
    fn lines(log: impl FnOnce()) -> Vec<Value> {
        let writes = Writes::default();
        let lines = layer().fmt_fields(JsonFields).event_format(Json { function: "orders" });
        let lines = tracing_subscriber::registry()
            .with(InvocationStart)
            .with(lines.with_writer(Output::to(writes.clone())));
        tracing::subscriber::with_default(lines, log);
        writes
            .all()
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect()
    }

    #[test]
    fn log_line_is_a_flat_object_with_span_fields() {
        let step = SpanContext::child_of(None);
        let written = lines(|| {
            let _invocation = tracing::error_span!("invocation", request_id = "r1").entered();
            let _step = step.span().entered();
            tracing::info!(order_id = %"o1", status = 201, replayed = false, outcome = "placed", "order");
        });
        let [mut line] = <[Value; 1]>::try_from(written).unwrap();
        let mut remove = |name| line.as_object_mut().unwrap().remove(name).unwrap();
        let timestamp = remove("timestamp");
        assert!(remove("duration_ms").as_f64().is_some_and(|duration| duration < 60_000.0));
        assert!(
            timestamp.as_str().is_some_and(|time| time.len() == 27 && time.ends_with('Z')),
            "{timestamp}"
        );
        let expected = json!({
            "level": "INFO", "function": "orders", "message": "order", "request_id": "r1", "order_id": "o1",
            "trace_id": step.trace().trace_id().to_string(), "span_id": step.trace().span_id().to_string(),
            "status": 201, "replayed": false, "outcome": "placed",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn duration_counts_from_the_start_of_the_invocation() {
        let written = lines(|| {
            let _invocation = tracing::error_span!("invocation").entered();
            tracing::info!("first");
            let start = Instant::now();
            while start.elapsed().as_millis() < 5 {}
            let _step = SpanContext::child_of(None).span().entered();
            tracing::info!("second");
        });
        let [first, second] =
            [0, 1].map(|line: usize| written[line]["duration_ms"].as_f64().unwrap());
        assert!(second - first >= 5.0, "{first} {second}");
    }

    proptest! {
        #[test]
        fn log_text_round_trips_through_json(text in collection::vec(prop_oneof![any::<char>(), char::range('\0', '\x7f')], 0..40)) {
            let text = String::from_iter(text);
            let written = lines(|| tracing::warn!(error = %text, count = -1, "{text}"));
            prop_assert_eq!((&written[0]["error"], &written[0]["message"]), (&json!(text), &json!(text)));
        }
    }
}
