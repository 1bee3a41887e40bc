//! Moves messages with SQS's `StartMessageMoveTask`, for the dead-letter queues of queues.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use aws_client::sdk_error_message;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry;

use super::redrive_result::{Failure, RedriveResult};
use crate::interrupt::Interrupt;
use crate::output::say;
use crate::progress;
use crate::queue::Queue;
use crate::rate_limit::RateLimit;

/// The response to the start request.
pub(crate) enum Started {
    /// SQS is moving the messages.
    Running(MoveTask),
    /// The endpoint, an emulator, does not support the action.
    Unknown,
}

/// A running move task.
pub(crate) struct MoveTask {
    queue: Queue,
    arn: String,
    handle: String,
}

/// The error codes of endpoints for an unsupported action.
const UNKNOWN_ACTION: [&str; 4] =
    ["InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented"];

const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// So many polls in a row may fail, with longer and longer pauses.
const MOST_FAILED_POLLS: u32 = 10;

/// Starts moving all messages of a dead-letter queue to their source queues.
pub(crate) async fn start(from: &Queue, rate_limit: RateLimit) -> Result<Started> {
    let arn = from.arn().await?;
    let task = from.client.start_message_move_task().source_arn(&arn);
    let rate = i32::try_from(rate_limit.per_second().get())?;
    match task.max_number_of_messages_per_second(rate).send().await {
        Ok(answer) => {
            let handle =
                answer.task_handle.context("SQS returned no handle for the move it started")?;
            Ok(Started::Running(MoveTask { queue: from.clone(), arn, handle }))
        }
        Err(error) if error.code().is_some_and(|code| UNKNOWN_ACTION.contains(&code)) => {
            Ok(Started::Unknown)
        }
        Err(error) => {
            Err(anyhow!("SQS cannot start to move the messages: {}", sdk_error_message(&error)))
        }
    }
}

impl MoveTask {
    /// Waits until the task is done. Ctrl-C cancels it; messages already moved stay moved.
    pub(crate) async fn follow(self, interrupt: &Interrupt) -> Result<RedriveResult> {
        let bar = progress::bar("SQS is redriving", 0);
        let (mut cancelled, mut failed_polls) = (false, 0);
        loop {
            let task = match self.state().await {
                Ok(task) => task,
                // SQS goes on moving messages, whether or not it is asked.
                Err(_) if failed_polls < MOST_FAILED_POLLS => {
                    failed_polls += 1;
                    tokio::time::sleep(POLL_INTERVAL * failed_polls).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            failed_polls = 0;
            let moved =
                u64::try_from(task.approximate_number_of_messages_moved).unwrap_or_default();
            bar.set_length(
                task.approximate_number_of_messages_to_move
                    .and_then(|all| all.try_into().ok())
                    .unwrap_or(moved),
            );
            bar.set_position(moved);
            let status = task.status.as_deref().unwrap_or("unknown");
            if !["RUNNING", "CANCELLING"].contains(&status) {
                bar.finish_and_clear();
                let mut failures = vec![];
                if !["COMPLETED", "CANCELLED"].contains(&status) {
                    let reason = task.failure_reason.as_deref().unwrap_or("no reason given");
                    let problem = format!("SQS ended the move as {status}: {reason}");
                    failures.push(Failure { message_id: None, problem });
                }
                return Ok(RedriveResult { moved, failures });
            }
            if interrupt.requested() && !cancelled {
                let cancel = self.queue.client.cancel_message_move_task().task_handle(&self.handle);
                cancel.send().await.map_err(|error| {
                    let error = sdk_error_message(&error);
                    anyhow!("SQS cannot cancel the move, which continues: {error}")
                })?;
                say("SQS was asked to cancel the move.");
                cancelled = true;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// A queue has one task at a time, so its newest task is this one.
    async fn state(&self) -> Result<ListMessageMoveTasksResultEntry> {
        let tasks = self
            .queue
            .client
            .list_message_move_tasks()
            .source_arn(&self.arn)
            .max_results(1)
            .send()
            .await;
        let tasks = tasks.map_err(|error| {
            anyhow!(
                "SQS moves messages, but its progress is unknown: {}",
                sdk_error_message(&error)
            )
        })?;
        tasks
            .results
            .unwrap_or_default()
            .into_iter()
            .next()
            .context("SQS does not list the move it started")
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use aws_mock::MockAws;
    use serde_json::{Value, json};

    use super::*;

    /// A move task that goes through these states and stays in the last one.
    fn moving(states: &[Value]) -> MockAws {
        let mut states = states.to_vec();
        MockAws::with_json(move |operation, _| {
            let response = match operation {
                "GetQueueAttributes" => json!({ "Attributes": { "QueueArn": "the-arn" } }),
                "StartMessageMoveTask" => json!({ "TaskHandle": "the-handle" }),
                "CancelMessageMoveTask" => json!({ "ApproximateNumberOfMessagesMoved": 1 }),
                "ListMessageMoveTasks" => {
                    let state = if states.len() > 1 { states.remove(0) } else { states[0].clone() };
                    json!({ "Results": [state] })
                }
                other => panic!("{other} has no response"),
            };
            (200, response)
        })
    }

    fn refusing(code: &'static str) -> Queue {
        Queue::of(&MockAws::with_json(move |operation, _| match operation {
            "GetQueueAttributes" => (200, json!({ "Attributes": { "QueueArn": "the-arn" } })),
            _ => (400, json!({ "__type": code, "message": "on purpose" })),
        }))
    }

    fn state(status: &str, moved: i64) -> Value {
        json!({
            "Status": status, "FailureReason": "AccessDenied",
            "ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": 3
        })
    }

    fn rate_limit() -> RateLimit {
        RateLimit::of(NonZeroU32::new(50).unwrap())
    }

    async fn follow(aws: &MockAws, interrupt: bool) -> RedriveResult {
        let Started::Running(task) = start(&Queue::of(aws), rate_limit()).await.unwrap() else {
            panic!("it does not run")
        };
        task.follow(&Interrupt::fixed(interrupt)).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn move_task_is_followed_at_the_given_rate() {
        let aws = moving(&[state("RUNNING", 0), state("RUNNING", 2), state("COMPLETED", 3)]);
        let RedriveResult { moved, failures } = follow(&aws, false).await;
        assert_eq!((moved, failures), (3, vec![]));
        let expected = json!({ "SourceArn": "the-arn", "MaxNumberOfMessagesPerSecond": 50 });
        assert_eq!(aws.json_requests("StartMessageMoveTask"), [expected]);
        assert_eq!(aws.json_requests("ListMessageMoveTasks").len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn move_task_is_followed_past_failed_polls() {
        let mut polls = 0;
        let aws = MockAws::with_json(move |operation, _| match operation {
            "GetQueueAttributes" => (200, json!({ "Attributes": { "QueueArn": "the-arn" } })),
            "StartMessageMoveTask" => (200, json!({ "TaskHandle": "the-handle" })),
            _ => {
                polls += 1;
                let throttled = (400, json!({ "__type": "AccessDenied", "message": "on purpose" }));
                if polls < 4 {
                    throttled
                } else {
                    (200, json!({ "Results": [state("COMPLETED", 3)] }))
                }
            }
        });
        assert_eq!(follow(&aws, false).await.moved, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn failed_move_task_reports_its_reason() {
        let RedriveResult { moved, failures } = follow(&moving(&[state("FAILED", 1)]), false).await;
        assert_eq!((moved, failures.len()), (1, 1));
        assert_eq!(failures[0].problem, "SQS ended the move as FAILED: AccessDenied");
    }

    #[tokio::test(start_paused = true)]
    async fn ctrl_c_cancels_the_move_task_once() {
        let aws = moving(&[state("RUNNING", 1), state("CANCELLING", 1), state("CANCELLED", 1)]);
        assert_eq!(follow(&aws, true).await.moved, 1);
        assert_eq!(
            aws.json_requests("CancelMessageMoveTask"),
            [json!({ "TaskHandle": "the-handle" })]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn fallback_only_when_move_tasks_are_unsupported() {
        assert!(matches!(
            start(&refusing("InvalidAction"), rate_limit()).await,
            Ok(Started::Unknown)
        ));
        let Err(error) = start(&refusing("AccessDeniedException"), rate_limit()).await else {
            panic!("it was denied")
        };
        assert!(error.to_string().contains("AccessDeniedException"), "{error}");
    }
}
