//! Forwards the output of watched functions to the log groups of the deployed ones, where `ops`
//! reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::http::{self, HttpClient};
use crate::{LogLine, STACK_NAME, Stack, functions};

/// Puts lines into the functions' log groups.
#[derive(Clone, Debug)]
pub struct LogForwarder {
    lines: UnboundedSender<Line>,
}

#[derive(Debug)]
struct Line {
    function: &'static str,
    /// Milliseconds since 1970.
    timestamp: u64,
    message: String,
}

const STREAM: &str = "watch";

impl LogForwarder {
    /// Forwards to a stack on the emulator, until the last clone is dropped.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let (lines, taken) = mpsc::unbounded_channel();
        let log = Log { client: http::client(), endpoint: stack.endpoint.clone() };
        tokio::spawn(async move { log.keep(taken).await });
        Self { lines }
    }

    /// Forwards a log line to the log group of the function that wrote it. Drops other output.
    pub fn take(&self, line: &str) {
        let Some(log_line) = LogLine::parse(line) else { return };
        let Some(function) = functions().iter().find(|name| **name == log_line.function()) else {
            return;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let timestamp = u64::try_from(now).unwrap_or(u64::MAX);
        // The forwarding task may have ended with the emulator.
        let _ = self.lines.send(Line { function, timestamp, message: line.to_owned() });
    }
}

struct Log {
    client: HttpClient,
    endpoint: String,
}

impl Log {
    async fn keep(&self, mut lines: UnboundedReceiver<Line>) {
        for function in functions() {
            // An earlier run of the same stack may have created it.
            let _ = self.call("CreateLogStream", function, &mut json!({})).await;
        }
        while let Some(Line { function, timestamp, message }) = lines.recv().await {
            let events = json!([{ "timestamp": timestamp, "message": message }]);
            // The terminal has shown the line already; forwarding is best effort.
            let _ = self.call("PutLogEvents", function, &mut json!({ "logEvents": events })).await;
        }
    }

    async fn call(&self, operation: &str, function: &str, body: &mut Value) -> Result<Value> {
        body["logGroupName"] = json!(format!("/aws/lambda/{STACK_NAME}-{function}"));
        body["logStreamName"] = json!(STREAM);
        http::call_aws(&self.client, &self.endpoint, &format!("Logs_20140328.{operation}"), body)
            .await
    }
}
