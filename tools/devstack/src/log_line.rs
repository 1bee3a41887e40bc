//! A line of the functions' JSON log, as text for a terminal. `ops` reads such lines by itself: this
//! crate links no AWS SDK, and `ops` does not link this crate.

use std::fmt::Write;

use console::{Color, style};
use serde_json::{Map, Value};

/// A parsed log line.
#[derive(Clone, Debug)]
pub struct LogLine(Map<String, Value>);

/// Members that a person who follows the log does not need.
const FOR_MACHINES: [&str; 5] =
    ["timestamp", "request_id", "trace_id", "span_id", "parent_span_id"];
/// Members that the beginning of the text shows.
const AT_THE_START: [&str; 3] = ["function", "level", "message"];

impl LogLine {
    /// Parses a line. Returns `None` if it is anything else, such as a message of the compiler.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let members: Map<String, Value> = serde_json::from_str(line).ok()?;
        let is_ours =
            AT_THE_START.iter().all(|name| members.get(*name).is_some_and(Value::is_string));
        is_ours.then_some(Self(members))
    }

    /// The name of the function that wrote it.
    #[must_use]
    pub fn function(&self) -> &str {
        self.text("function")
    }

    /// Short text for a terminal, with colours if the terminal has them.
    #[must_use]
    pub fn to_text(&self) -> String {
        let level = style(format!("{:>5}", self.text("level"))).fg(self.colour());
        let mut text = format!("{:<12} {level} {}", self.function(), self.text("message"));
        for (name, value) in &self.0 {
            let is_shown =
                !FOR_MACHINES.contains(&name.as_str()) && !AT_THE_START.contains(&name.as_str());
            if is_shown {
                write!(text, " {name}={value}").expect("a string takes everything");
            }
        }
        text
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn colour(&self) -> Color {
        match self.text("level") {
            "ERROR" => Color::Red,
            "WARN" => Color::Yellow,
            _ => Color::Green,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_what_a_person_reads() {
        let line = LogLine::parse(
            r#"{"timestamp":"2026-11-22T10:00:00.000000Z","level":"WARN","function":"promotion","request_id":"r",
            "duration_ms":3.25,"trace_id":"t","span_id":"s","message":"record","order_id":"o","outcome":"retry"}"#,
        );
        let text = line.expect("a log line").to_text();
        assert_eq!(
            console::strip_ansi_codes(&text),
            r#"promotion     WARN record duration_ms=3.25 order_id="o" outcome="retry""#
        );
    }

    #[test]
    fn other_output_is_no_log_line() {
        for other in ["", "warning: unused", "{}", r#"{"_aws":{},"function":"orders"}"#, "[1]"] {
            assert!(LogLine::parse(other).is_none(), "{other}");
        }
    }
}
