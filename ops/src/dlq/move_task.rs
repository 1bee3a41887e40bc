//! Moving messages by SQS itself: `StartMessageMoveTask`, for the dead-letter queues of queues.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry;

use super::carry::Carried;
use super::redrive::Failure;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::pace::Pace;
use crate::queue::Queue;
use crate::{aws, progress};

/// What SQS made of the request.
pub(crate) enum Started {
    /// It moves the messages.
    Running(MoveTask),
    /// This endpoint does not know how to: it is an emulator.
    Unknown,
}

/// A task that SQS works on.
pub(crate) struct MoveTask {
    queue: Queue,
    arn: String,
    handle: String,
}

/// What endpoints say of an action that they do not know.
const UNKNOWN_ACTION: [&str; 4] = ["InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented"];

const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Has SQS move everything in a dead-letter queue to where each message came from.
pub(crate) async fn start(from: &Queue, pace: Pace) -> Result<Started> {
    let arn = from.arn().await?;
    let task = from.client.start_message_move_task().source_arn(&arn);
    let rate = i32::try_from(pace.per_second().get())?;
    match task.max_number_of_messages_per_second(rate).send().await {
        Ok(answer) => {
            let handle = answer.task_handle.context("SQS started a move and gives no handle for it")?;
            Ok(Started::Running(MoveTask { queue: from.clone(), arn, handle }))
        }
        Err(error) if error.code().is_some_and(|code| UNKNOWN_ACTION.contains(&code)) => Ok(Started::Unknown),
        Err(error) => Err(anyhow!("SQS does not start to move messages: {}", aws::told(&error))),
    }
}

impl MoveTask {
    /// Waits until it is done. Ctrl-C has SQS cancel it: what was moved stays moved.
    pub(crate) async fn follow(self, output: Output, interrupt: &Interrupt) -> Result<Carried> {
        let bar = progress::bar("SQS is redriving", 0);
        let mut cancelled = false;
        loop {
            let task = self.state().await?;
            let moved = u64::try_from(task.approximate_number_of_messages_moved).unwrap_or_default();
            bar.set_length(
                task.approximate_number_of_messages_to_move.and_then(|all| all.try_into().ok()).unwrap_or(moved),
            );
            bar.set_position(moved);
            match task.status.as_deref() {
                Some("RUNNING" | "CANCELLING") => {}
                Some("COMPLETED" | "CANCELLED") => {
                    bar.finish_and_clear();
                    return Ok(Carried { moved, failures: vec![] });
                }
                status => {
                    bar.finish_and_clear();
                    let reason = task.failure_reason.as_deref().unwrap_or("no reason given");
                    let problem = format!("SQS ended the move as {}: {reason}", status.unwrap_or("unknown"));
                    return Ok(Carried { moved, failures: vec![Failure { message_id: None, problem }] });
                }
            }
            if interrupt.requested() && !cancelled {
                let cancel = self.queue.client.cancel_message_move_task().task_handle(&self.handle).send().await;
                cancel.map_err(|error| anyhow!("SQS does not cancel the move, it goes on: {}", aws::told(&error)))?;
                output.say("SQS was asked to cancel the move.");
                cancelled = true;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The queue's newest task is this one: a queue has one at a time.
    async fn state(&self) -> Result<ListMessageMoveTasksResultEntry> {
        let tasks = self.queue.client.list_message_move_tasks().source_arn(&self.arn).max_results(1).send().await;
        let tasks = tasks
            .map_err(|error| anyhow!("SQS moves messages, and does not tell how far it is: {}", aws::told(&error)))?;
        tasks.results.unwrap_or_default().into_iter().next().context("SQS has forgotten the move it started")
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::{Arc, Mutex};

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_sqs::Client;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;
    use serde_json::{Value, json};

    use super::*;

    /// SQS as far as moves go: it answers from a script, as the local emulator has no moves, and keeps what was asked.
    #[derive(Clone, Debug, Default)]
    struct Script {
        asked: Arc<Mutex<Vec<String>>>,
        /// The task as each look finds it; the last one stays.
        states: Arc<Mutex<Vec<Value>>>,
        refusal: Option<&'static str>,
    }

    impl Script {
        fn answer(&self, action: &str) -> (u16, Value) {
            match (action, self.refusal) {
                ("GetQueueAttributes", _) => {
                    (200, json!({ "Attributes": { "QueueArn": "arn:aws:sqs:eu-west-1:1:dlq" } }))
                }
                ("StartMessageMoveTask", Some(code)) => (400, json!({ "__type": code, "message": "on purpose" })),
                ("StartMessageMoveTask", None) => (200, json!({ "TaskHandle": "the-handle" })),
                ("ListMessageMoveTasks", _) => {
                    let mut states = self.states.lock().unwrap();
                    let state = if states.len() > 1 { states.remove(0) } else { states[0].clone() };
                    (200, json!({ "Results": [state] }))
                }
                ("CancelMessageMoveTask", _) => (200, json!({ "ApproximateNumberOfMessagesMoved": 1 })),
                other => panic!("{other:?} is not in the script"),
            }
        }

        fn queue(&self) -> Queue {
            let connector = SharedHttpConnector::new(self.clone());
            let sdk = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::from_static("eu-west-1"))
                .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
                .http_client(http_client_fn(move |_, _| connector.clone()))
                .build();
            Queue { client: Client::new(&sdk), url: "https://sqs.eu-west-1.amazonaws.com/1/dlq".to_owned() }
        }

        async fn start(&self) -> Result<Started> {
            start(&self.queue(), Pace::of(NonZeroU32::new(50).unwrap())).await
        }

        async fn follow(&self, interrupt: bool) -> Result<Carried> {
            let Started::Running(task) = self.start().await? else { panic!("it does not run") };
            task.follow(Output { json: true }, &Interrupt::fixed(interrupt)).await
        }
    }

    impl HttpConnector for Script {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let target = request.headers().get("x-amz-target").expect("SQS is spoken to in JSON");
            let action = target.trim_start_matches("AmazonSQS.").to_owned();
            let (status, body) = self.answer(&action);
            let asked = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
            self.asked.lock().unwrap().push(format!("{action} {asked}"));
            let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
            HttpConnectorFuture::ready(Ok(response))
        }
    }

    fn state(status: &str, moved: i64) -> Value {
        json!({
            "Status": status, "FailureReason": "AccessDenied",
            "ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": 3
        })
    }

    fn states(states: &[Value]) -> Script {
        Script { states: Arc::new(Mutex::new(states.to_vec())), ..Script::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_move_is_followed_to_its_end_at_the_operators_pace() {
        let script = states(&[state("RUNNING", 0), state("RUNNING", 2), state("COMPLETED", 3)]);
        let Carried { moved, failures } = script.follow(false).await.unwrap();
        assert_eq!((moved, failures), (3, vec![]));
        let asked = script.asked.lock().unwrap();
        let start: Value = serde_json::from_str(asked[1].trim_start_matches("StartMessageMoveTask ")).unwrap();
        let expected = json!({ "SourceArn": "arn:aws:sqs:eu-west-1:1:dlq", "MaxNumberOfMessagesPerSecond": 50 });
        assert_eq!(start, expected);
        assert_eq!(asked.iter().filter(|asked| asked.starts_with("List")).count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_move_that_failed_is_a_failure_with_its_reason() {
        let Carried { moved, failures } = states(&[state("FAILED", 1)]).follow(false).await.unwrap();
        assert_eq!((moved, failures.len()), (1, 1));
        assert_eq!(failures[0].problem, "SQS ended the move as FAILED: AccessDenied");
    }

    #[tokio::test(start_paused = true)]
    async fn ctrl_c_has_sqs_cancel_the_move_once() {
        let script = states(&[state("RUNNING", 1), state("CANCELLING", 1), state("CANCELLED", 1)]);
        assert_eq!(script.follow(true).await.unwrap().moved, 1);
        let asked = script.asked.lock().unwrap();
        let cancels: Vec<_> = asked.iter().filter(|asked| asked.starts_with("Cancel")).collect();
        assert_eq!(cancels, [r#"CancelMessageMoveTask {"TaskHandle":"the-handle"}"#]);
    }

    #[tokio::test(start_paused = true)]
    async fn only_an_endpoint_that_does_not_know_moves_is_done_without() {
        let refusing = |code| Script { refusal: Some(code), ..Script::default() };
        assert!(matches!(refusing("InvalidAction").start().await, Ok(Started::Unknown)));
        let Err(error) = refusing("AccessDeniedException").start().await else { panic!("it was denied") };
        assert!(error.to_string().contains("AccessDeniedException"), "{error}");
    }
}
