//! A line for machines: one flat JSON object, of the event's fields and those of the spans it happened in.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// `timestamp` and `level` are named as Lambda's log controls look for them.
pub(crate) struct Json {
    pub(crate) function: &'static str,
}

/// Fields as they stand within an object: each with a comma before it. A span's are written once, for all its lines.
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
        SystemTime.format_time(&mut writer)?;
        for part in [r#"","level":""#, event.metadata().level().as_str(), r#"","function":""#, self.function, "\""] {
            writer.write_str(part)?;
        }
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                writer.write_str(fields)?;
            }
        }
        context.format_fields(writer.by_ref(), event)?;
        writer.write_str("}\n")
    }
}

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Members { writer, result: Ok(()) };
        fields.record(&mut members);
        members.result
    }
}

struct Members<'writer> {
    writer: Writer<'writer>,
    result: fmt::Result,
}

impl Members<'_> {
    /// Writes a name, and has `value` write what it is. Piece by piece, as `write!` costs more than the pieces.
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let name =
            |writer: &mut Writer<'_>| [",\"", field.name(), "\":"].iter().try_for_each(|part| writer.write_str(part));
        self.result = self.result.and_then(|()| name(&mut self.writer)).and_then(|()| value(&mut self.writer));
    }

    fn text(&mut self, field: &Field, value: impl FnOnce(&mut Escaped<'_, '_>) -> fmt::Result) {
        self.member(field, |writer| {
            writer.write_char('"')?;
            value(&mut Escaped(writer))?;
            writer.write_char('"')
        });
    }
}

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |text| text.write_str(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |writer| write!(writer, "{value}"));
    }
}

/// Writes text as the inside of a JSON string.
struct Escaped<'a, 'writer>(&'a mut Writer<'writer>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        // All of these are one byte long, and no byte of a longer character is like them.
        while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
            let (plain, special) = rest.split_at(at);
            self.0.write_str(plain)?;
            match special.as_bytes()[0] {
                byte @ (b'"' | b'\\') => write!(self.0, "\\{}", char::from(byte))?,
                byte => write!(self.0, "\\u{byte:04x}")?,
            }
            rest = &special[1..];
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Step;
    use crate::output::Output;
    use crate::output::tests::Writes;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::prelude::*;

    /// What is written while `log` runs, line by line.
    fn lines(log: impl FnOnce()) -> Vec<Value> {
        let writes = Writes::default();
        let lines = layer().fmt_fields(JsonFields).event_format(Json { function: "orders" });
        let lines = tracing_subscriber::registry().with(lines.with_writer(Output::to(writes.clone())));
        tracing::subscriber::with_default(lines, log);
        writes.all().iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    #[test]
    fn a_line_is_one_flat_object_with_the_fields_of_its_spans() {
        let step = Step::after(None);
        let written = lines(|| {
            let _invocation = tracing::error_span!("invocation", request_id = "r1").entered();
            let _step = step.span().entered();
            tracing::info!(order_id = %"o1", status = 201, replayed = false, outcome = "placed", "order");
        });
        let [mut line] = <[Value; 1]>::try_from(written).unwrap();
        let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(timestamp.as_str().is_some_and(|time| time.len() == 27 && time.ends_with('Z')), "{timestamp}");
        let expected = json!({
            "level": "INFO", "function": "orders", "message": "order", "request_id": "r1", "order_id": "o1",
            "trace_id": step.trace().trace_id().to_string(), "span_id": step.trace().span_id().to_string(),
            "status": 201, "replayed": false, "outcome": "placed",
        });
        assert_eq!(line, expected);
    }

    proptest! {
        #[test]
        fn any_text_comes_out_as_it_went_in(text in any::<String>()) {
            let written = lines(|| tracing::warn!(error = %text, count = -1, "{text}"));
            prop_assert_eq!((&written[0]["error"], &written[0]["message"]), (&json!(text), &json!(text)));
        }
    }
}
