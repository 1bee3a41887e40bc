//! Moving messages by SQS itself: `StartMessageMoveTask`, for the dead-letter queues of queues.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry;

use super::carry::Carried;
use super::redrive::Failure;
use crate::interrupt::Interrupt;
use crate::operator::Operator;
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
pub(crate) async fn start(operator: &Operator, from: &Queue) -> Result<Started> {
    let arn = from.arn().await?;
    let task = from.client.start_message_move_task().source_arn(&arn);
    let rate = i32::try_from(operator.pace.per_second().get())?;
    match task.max_number_of_messages_per_second(rate).send().await {
        Ok(answer) => {
            let handle = answer.task_handle.context("SQS started a move and gives no handle for it")?;
            Ok(Started::Running(MoveTask { queue: from.clone(), arn, handle }))
        }
        Err(error) if error.code().is_some_and(|code| UNKNOWN_ACTION.contains(&code)) => {
            operator.output.say("This endpoint cannot move messages by itself; they are moved from here.");
            Ok(Started::Unknown)
        }
        Err(error) => Err(anyhow!("SQS does not start to move messages: {}", aws::told(&error))),
    }
}

impl MoveTask {
    /// Waits until it is done. Ctrl-C has SQS cancel it: what was moved stays moved.
    pub(crate) async fn follow(self, operator: &Operator, interrupt: &Interrupt) -> Result<Carried> {
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
                    return Ok(Carried { moved, failures: vec![Failure { message_id: "(some)".to_owned(), problem }] });
                }
            }
            if interrupt.requested() && !cancelled {
                let cancel = self.queue.client.cancel_message_move_task().task_handle(&self.handle).send().await;
                cancel.map_err(|error| anyhow!("SQS does not cancel the move, it goes on: {}", aws::told(&error)))?;
                operator.output.say("SQS was asked to cancel the move.");
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
