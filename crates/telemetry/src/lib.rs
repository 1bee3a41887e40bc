//! A function's log lines, trace context and metrics.
//!
//! Events of this workspace's crates are logged at the configured level, all others at `warn` or
//! above: at TRACE the Lambda runtime and the SDK print whole payloads with customers' names. No
//! setting can enable that.

mod invocation;
mod json;
mod metrics;
mod output;
mod span_context;
mod terminal;
mod trace_parent;

pub use invocation::{Invocation, Telemetry, request_span};
pub use metrics::{ExtraDimension, Metrics, nonzero_count};
pub use span_context::SpanContext;
pub use trace_parent::{SpanId, TraceId, TraceParent, TraceParentError};

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use invocation::Shared;
use json::{InvocationStart, Json, JsonFields};
use output::Output;
use terminal::Terminal;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// Log level and format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    level: LevelFilter,
    format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// Short and coloured, for a terminal that shows several functions.
    Text,
}

impl LogSettings {
    /// Parses the values of Lambda's `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT`. The
    /// default, as on a laptop, is text at `info`.
    #[must_use]
    pub fn from_lambda(level: Option<&str>, format: Option<&str>) -> Self {
        let level = match level.map(str::to_ascii_uppercase).as_deref() {
            Some("FATAL") => LevelFilter::ERROR,
            Some(level) => level.parse().unwrap_or(LevelFilter::INFO),
            None => LevelFilter::INFO,
        };
        let json = format.is_some_and(|format| format.eq_ignore_ascii_case("json"));
        Self { level, format: if json { LogFormat::Json } else { LogFormat::Text } }
    }
}

/// This workspace's libraries, whose events contain ids and never names. The same holds for the
/// functions.
const OURS: [&str; 5] = ["subscriber", "lambda_startup", "store", "topic", "telemetry"];

/// The runtime's target whose messages may quote a customer: panic messages, and events that it
/// cannot read.
const QUOTES: &str = "lambda_runtime::layers";
/// Within it, the target that logs when an answer could not be posted: a status, or an error of the
/// connection.
const POSTING: &str = "lambda_runtime::layers::api_client";

/// Sends this process's events to standard output and returns its telemetry. Call it once, before
/// anything logs. `function` is the name in every line and metric. Without a `namespace` no metrics
/// are written. `version` is the running Lambda version, a dimension of `Failures`.
///
/// Panics are logged with their location but without their message, which may quote a customer.
#[must_use]
pub fn init(
    function: &'static str,
    settings: &LogSettings,
    namespace: Option<String>,
    version: Option<String>,
) -> Telemetry {
    let output = Output::to(io::stdout());
    let events = tracing_subscriber::registry().with(levels(function, settings.level));
    match settings.format {
        LogFormat::Json => {
            let lines = fmt::layer().with_writer(output.clone());
            let lines = lines.fmt_fields(JsonFields).event_format(Json { function });
            events.with(InvocationStart).with(lines).init();
        }
        LogFormat::Text => {
            let lines = fmt::layer().with_writer(output.clone());
            events.with(lines.event_format(Terminal { function })).init();
        }
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
    let cold = AtomicBool::new(true);
    Telemetry(Arc::new(Shared { output, function, namespace, version, cold }))
}

/// `function` is the running function's package, whose crate has underscores for hyphens.
fn levels(function: &str, ours: LevelFilter) -> Targets {
    Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        .with_target(function.replace('-', "_"), ours)
        .with_targets(OURS.map(|target| (target, ours)))
        .with_target(QUOTES, LevelFilter::OFF)
        .with_target(POSTING, ours.min(LevelFilter::WARN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn log_filter_blocks_runtime_and_sdk_payloads() {
        let levels = levels("outbox-relay", LevelFilter::TRACE);
        assert!(levels.would_enable("outbox_relay::relay", &Level::TRACE));
        for target in [
            "lambda_runtime::runtime",
            "aws_smithy_runtime::client",
            "hyper_util",
            "aws_sdk_dynamodb",
        ] {
            assert!(levels.would_enable(target, &Level::WARN), "{target}");
            assert!(!levels.would_enable(target, &Level::INFO), "{target}");
        }
    }

    #[test]
    fn lambda_log_settings_are_honoured() {
        for (level, format, expected) in [
            (Some("FATAL"), Some("JSON"), (LevelFilter::ERROR, LogFormat::Json)),
            (Some("debug"), Some("Text"), (LevelFilter::DEBUG, LogFormat::Text)),
            (Some("nonsense"), None, (LevelFilter::INFO, LogFormat::Text)),
            (None, None, (LevelFilter::INFO, LogFormat::Text)),
        ] {
            let LogSettings { level, format } = LogSettings::from_lambda(level, format);
            assert_eq!((level, format), expected);
        }
    }

    #[test]
    fn runtime_panic_logs_are_suppressed() {
        for target in ["lambda_runtime::layers::panic", "lambda_runtime::layers::api_response"] {
            assert!(
                !levels("outbox-relay", LevelFilter::TRACE).would_enable(target, &Level::ERROR),
                "{target}"
            );
        }
        assert!(levels("orders", LevelFilter::INFO).would_enable(POSTING, &Level::ERROR));
    }

    #[test]
    fn level_off_silences_every_target() {
        let levels = levels("outbox-relay", LevelFilter::OFF);
        assert!(!levels.would_enable("orders", &Level::ERROR));
        assert!(!levels.would_enable("lambda_runtime", &Level::ERROR));
    }
}
