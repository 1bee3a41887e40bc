//! Log set-up: our own events at the level asked for, everybody else's at `warn`.
//!
//! The Lambda runtime and the SDK print whole payloads, customers' names included, at TRACE. Nothing here can
//! switch that on.

mod terminal;

use terminal::Terminal;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// How to log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    level: LevelFilter,
    format: LogFormat,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Short and coloured, for a terminal that shows several functions; this is the one that speaks.
    Text { function: String },
}

impl LogSettings {
    /// Reads the values of Lambda's `AWS_LAMBDA_FUNCTION_NAME`, `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT`;
    /// text at `info` where there are none, as on a laptop.
    #[must_use]
    pub fn from_lambda(function: Option<&str>, level: Option<&str>, format: Option<&str>) -> Self {
        let level = match level.map(str::to_ascii_uppercase).as_deref() {
            Some("FATAL") => LevelFilter::ERROR,
            Some(level) => level.parse().unwrap_or(LevelFilter::INFO),
            None => LevelFilter::INFO,
        };
        let format = match format {
            Some(format) if format.eq_ignore_ascii_case("json") => LogFormat::Json,
            // The template names a function after its stack and its package.
            _ => LogFormat::Text {
                function: function.unwrap_or_default().rsplit('-').next().unwrap_or_default().to_owned(),
            },
        };
        Self { level, format }
    }
}

/// Our own crates, whose events carry ids and never names.
const OURS: [&str; 9] =
    ["orders", "relay", "fulfilment", "promotion", "batch", "startup", "store", "topic", "telemetry"];

/// The runtime's own report of a panic quotes its message, and that of an event it cannot read quotes the event.
const QUOTES: &str = "lambda_runtime::layers";

/// Sends this process's events to standard output. Call it once, before anything logs.
///
/// Of a panic it tells the place and not the message, which may quote a customer.
pub fn init(settings: LogSettings) {
    let events = tracing_subscriber::registry().with(levels(settings.level));
    let lines = fmt::layer();
    match settings.format {
        LogFormat::Json => events.with(lines.json().flatten_event(true).with_target(false)).init(),
        LogFormat::Text { function } => events.with(lines.event_format(Terminal::of(function))).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}

fn levels(ours: LevelFilter) -> Targets {
    Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        .with_targets(OURS.map(|target| (target, ours)))
        .with_target(QUOTES, LevelFilter::OFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn no_level_lets_the_runtime_or_the_sdk_print_payloads() {
        let levels = levels(LevelFilter::TRACE);
        assert!(levels.would_enable("orders::place", &Level::TRACE));
        for target in ["lambda_runtime::runtime", "aws_smithy_runtime::client", "hyper_util", "aws_sdk_dynamodb"] {
            assert!(levels.would_enable(target, &Level::WARN), "{target}");
            assert!(!levels.would_enable(target, &Level::INFO), "{target}");
        }
    }

    #[test]
    fn lambdas_own_settings_are_honoured() {
        let settings = LogSettings::from_lambda(Some("shop-orders"), Some("FATAL"), Some("JSON"));
        assert_eq!(settings, LogSettings { level: LevelFilter::ERROR, format: LogFormat::Json });
        let text = LogFormat::Text { function: "orders".to_owned() };
        let settings = LogSettings::from_lambda(Some("shop-orders"), Some("debug"), Some("Text"));
        assert_eq!(settings, LogSettings { level: LevelFilter::DEBUG, format: text.clone() });
        let settings = LogSettings::from_lambda(Some("orders"), None, None);
        assert_eq!(settings, LogSettings { level: LevelFilter::INFO, format: text });
    }

    #[test]
    fn a_panic_is_told_by_us_alone() {
        for target in ["lambda_runtime::layers::panic", "lambda_runtime::layers::api_response"] {
            assert!(!levels(LevelFilter::TRACE).would_enable(target, &Level::ERROR), "{target}");
        }
    }

    #[test]
    fn silence_is_for_all() {
        let levels = levels(LevelFilter::OFF);
        assert!(!levels.would_enable("orders", &Level::ERROR));
        assert!(!levels.would_enable("lambda_runtime", &Level::ERROR));
    }
}
