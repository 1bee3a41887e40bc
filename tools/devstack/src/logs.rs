//! The functions' logs, as one stream.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde::Deserialize;
use serde_json::json;

use crate::http::{self, HttpClient};
use crate::{STACK_NAME, Stack, functions};

/// The log groups of the deployed functions.
#[derive(Debug)]
pub struct LogStream {
    client: HttpClient,
    endpoint: String,
    since: u64,
    shown: HashSet<String>,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    /// The emulator gives every invocation a log stream of its own.
    log_stream_name: String,
    timestamp: u64,
    message: String,
}

const POLL: Duration = Duration::from_millis(300);
/// How late a function's line may arrive after another function's, in milliseconds.
const OVERLAP: u64 = 10_000;

impl LogStream {
    /// A stream of the lines from now on.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let since = u64::try_from(now).unwrap_or(u64::MAX);
        Self {
            client: http::client(),
            endpoint: stack.endpoint.clone(),
            since,
            shown: HashSet::new(),
        }
    }

    /// Passes every line to `show`, for ever. A failed poll is repeated, as the emulator may be
    /// busy. [`Emulator::failure`](crate::Emulator::failure) and [`Stack::deletion`] report the end
    /// of either.
    pub async fn follow(mut self, mut show: impl FnMut(&str)) -> Infallible {
        loop {
            for line in self.new_lines().await.unwrap_or_default() {
                show(&line);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn new_lines(&mut self) -> Result<Vec<String>> {
        let mut events = vec![];
        for function in functions() {
            events.extend(self.events(&format!("/aws/lambda/{STACK_NAME}-{function}")).await?);
        }
        events.retain(|event| !self.shown.contains(&event.log_stream_name));
        self.shown.extend(events.iter().map(|event| event.log_stream_name.clone()));
        events.sort_by_key(|event| event.timestamp);
        if let Some(last) = events.last() {
            self.since = self.since.max(last.timestamp.saturating_sub(OVERLAP));
        }
        Ok(events
            .into_iter()
            .map(|event| event.message)
            .filter(|line| !is_platform(line))
            .collect())
    }

    async fn events(&self, group: &str) -> Result<Vec<Event>> {
        let body = json!({ "logGroupName": group, "startTime": self.since });
        let page =
            http::call_aws(&self.client, &self.endpoint, "Logs_20140328.FilterLogEvents", &body)
                .await?;
        Ok(serde_json::from_value::<Page>(page)?.events)
    }
}

/// Whether Lambda itself wrote the line around an invocation, or it is a metrics document for
/// `CloudWatch`.
fn is_platform(line: &str) -> bool {
    let for_machines = ["START RequestId:", "END RequestId:", "REPORT RequestId:", r#"{"_aws":"#];
    for_machines.iter().any(|prefix| line.starts_with(prefix))
}
