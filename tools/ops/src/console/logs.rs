//! Reads what the functions logged since the last reading.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, anyhow};
use aws_client::sdk_error_message;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use jiff::Timestamp;
use serde::Deserialize;

use super::history::{Failure, History, KEPT};
use super::state::Console;
use crate::log_line::LogLine;

/// Lines about orders, errors, and Lambda's reports of invocations that timed out or crashed. The
/// emulator returns every line, so what arrives is filtered again.
const PATTERN: &str = r#"{ ($.order_id = "*") || ($.level = "ERROR") || ($.level = "WARN") || ($.status >= 500) || ($.record.status = "timeout") || ($.record.status = "error") || ($.record.status = "failure") }"#;
/// A line may arrive this many milliseconds after lines with later times.
const OVERLAP_MS: i64 = 20_000;
/// What is read of one function at a time, at most: a megabyte a page. A stack that logs more is
/// shown in part.
const PAGES: usize = 5;
/// The most requests for these pages.
const REQUESTS: usize = 20;
/// A reading that was not complete continues from its last event, but not from before this many
/// milliseconds ago.
const BEHIND_MS: i64 = 60_000;

/// Reads the log groups of a stack's functions.
#[derive(Debug)]
pub(super) struct LogReader {
    client: Client,
    /// Where the next reading of a log group starts, in milliseconds since 1970.
    from: BTreeMap<String, i64>,
}

/// Lambda's report of an invocation, in its JSON format.
#[derive(Debug, Deserialize)]
struct Report {
    time: Timestamp,
    #[serde(rename = "type")]
    kind: String,
    record: ReportRecord,
}

#[derive(Debug, Deserialize)]
struct ReportRecord {
    #[serde(rename = "requestId")]
    request_id: Option<String>,
    status: String,
}

impl LogReader {
    pub(super) fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk), from: BTreeMap::new() }
    }

    /// Reads the logs of all functions, each by itself, and adds their lines to the console's
    /// history.
    pub(super) async fn read(&mut self, console: &Console) -> Result<()> {
        let topology = console.topology().await;
        let mut problem = None;
        for (function, group) in &topology.functions {
            let (events, is_complete) = match self.events(group).await {
                Ok(read) => read,
                Err(error) => {
                    problem = Some(error);
                    continue;
                }
            };
            let now = Timestamp::now();
            console.update(|state| {
                for event in &events {
                    add(&mut state.history, function, event);
                }
                if !is_complete {
                    state.history.leave_out(now);
                }
                state.history.forget(now);
            });
        }
        problem.map_or(Ok(()), Err)
    }

    /// The new events of a log group, and whether these are all.
    async fn events(&mut self, group: &str) -> Result<(Vec<String>, bool)> {
        let now = Timestamp::now().as_millisecond();
        let milliseconds = |time: Duration| i64::try_from(time.as_millis()).expect("minutes");
        let from = self.from.get(group).copied().unwrap_or_default().max(now - milliseconds(KEPT));
        let (mut events, mut next_token, mut newest, mut pages) = (vec![], None, from, 0);
        for _ in 0..REQUESTS {
            let filter = self.client.filter_log_events().log_group_name(group).start_time(from);
            let page = filter.filter_pattern(PATTERN).set_next_token(next_token).send().await;
            let page = page.map_err(|error| {
                anyhow!("the log group {group} cannot be read: {}", sdk_error_message(&error))
            })?;
            let found = page.events.unwrap_or_default();
            // CloudWatch Logs may return pages without an event before it has searched everything.
            pages += usize::from(!found.is_empty());
            newest = found.iter().filter_map(|event| event.timestamp).fold(newest, i64::max);
            events.extend(found.into_iter().filter_map(|event| event.message));
            next_token = page.next_token;
            if next_token.is_none() || pages == PAGES {
                break;
            }
        }
        let is_complete = next_token.is_none();
        // What is new matters more than what was left out.
        let resume = if is_complete { newest - OVERLAP_MS } else { newest.max(now - BEHIND_MS) };
        let resume = resume.max(from);
        self.from.insert(group.to_owned(), resume);
        Ok((events, is_complete))
    }
}

/// Adds the lines of a log event. Adding a line again changes nothing.
fn add(history: &mut History, function: &str, event: &str) {
    LogLine::in_event(event).for_each(|line| history.add(line));
    if let Ok(Report { time, kind, record }) = serde_json::from_str(event)
        && kind == "platform.report"
        && record.status != "success"
    {
        let what = format!("the invocation ended: {}", record.status);
        history.fail(function, (record.request_id, None), Failure { time, what });
    }
}

#[cfg(test)]
mod tests {
    use aws_mock::MockAws;
    use serde_json::{Value, json};

    use super::*;
    use crate::console::topology::Topology;

    fn event(order: &str) -> Value {
        let line = json!({
            "timestamp": Timestamp::now().to_string(), "level": "INFO", "function": "orders",
            "message": "request", "order_id": order, "outcome": "placed",
        });
        json!({ "message": line.to_string(), "timestamp": Timestamp::now().as_millisecond() })
    }

    /// A console of a stack with one function.
    fn console(aws: &MockAws) -> Console {
        let console = Console::of(aws);
        let functions = vec![("orders".to_owned(), "/aws/lambda/a-stack-orders".to_owned())];
        let topology = Topology { subscribers: vec![], functions };
        console.update(|state| state.topology = Some(topology.into()));
        console
    }

    #[tokio::test]
    async fn reading_again_starts_where_the_last_one_ended() {
        let aws = MockAws::with_json(|_, _| (200, json!({ "events": [event("o1")] })));
        let console = console(&aws);
        let mut reader = LogReader::new(&aws.sdk());
        reader.read(&console).await.unwrap();
        reader.read(&console).await.unwrap();
        let requests = aws.json_requests("FilterLogEvents");
        let start = |of: usize| requests[of]["startTime"].as_i64().unwrap();
        let quarter_hour = 15 * 60_000;
        assert!(
            (quarter_hour - 5_000..=quarter_hour + 5_000)
                .contains(&(start(1) - start(0) + OVERLAP_MS))
        );
        assert_eq!(console.state().history.latest(9).len(), 1, "the line was read twice");
    }

    #[tokio::test]
    async fn log_that_has_too_much_is_shown_in_part() {
        let aws = MockAws::with_json(|_, request| {
            let next = request["nextToken"].as_str().map_or(1, |token| token.parse().unwrap());
            (
                200,
                json!({ "events": [event(&format!("o{next}"))], "nextToken": (next + 1).to_string() }),
            )
        });
        let console = console(&aws);
        LogReader::new(&aws.sdk()).read(&console).await.unwrap();
        assert_eq!(aws.json_requests("FilterLogEvents").len(), PAGES);
        assert_eq!(console.state().history.latest(9).len(), PAGES);
        assert!(console.state().history.is_partial(Timestamp::now()));
    }

    #[tokio::test]
    async fn log_group_that_cannot_be_read_hides_no_other() {
        let aws = MockAws::with_json(|_, request| {
            if request["logGroupName"].as_str().unwrap().ends_with("broken") {
                return (400, json!({ "__type": "AccessDeniedException", "message": "no" }));
            }
            (200, json!({ "events": [event("o1")] }))
        });
        let console = console(&aws);
        let functions = ["broken", "orders"]
            .map(|name| (name.to_owned(), format!("/aws/lambda/a-stack-{name}")));
        let topology = Topology { subscribers: vec![], functions: functions.into() };
        console.update(|state| state.topology = Some(topology.into()));
        let error = LogReader::new(&aws.sdk()).read(&console).await.unwrap_err().to_string();
        assert!(error.contains("a-stack-broken") && error.contains("AccessDenied"), "{error}");
        assert_eq!(console.state().history.latest(9).len(), 1);
    }

    #[test]
    fn invocation_that_failed_is_counted_once() {
        let report = |kind: &str, status: &str| json!({ "time": Timestamp::now().to_string(), "type": kind, "record": { "requestId": "r", "status": status } });
        let mut history = History::default();
        add(&mut history, "orders", &report("platform.report", "success").to_string());
        assert_eq!(history.failures("orders").count(), 0);
        add(&mut history, "orders", &report("platform.runtimeDone", "timeout").to_string());
        add(&mut history, "orders", &report("platform.report", "timeout").to_string());
        add(&mut history, "orders", &report("platform.report", "timeout").to_string());
        let failures: Vec<_> = history.failures("orders").map(|failure| &*failure.what).collect();
        assert_eq!(failures, ["the invocation ended: timeout"]);
    }
}
