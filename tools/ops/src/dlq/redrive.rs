//! `ops dlq redrive`: chooses how to move the messages, and reports the result.

use std::fmt;

use anyhow::Result;
use serde::Serialize;

use super::client_redrive::redrive_messages;
use super::move_task::{Started, start};
use super::queues::Dlq;
use super::redrive_result::{Failure, RedriveResult};
use crate::context::Context;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::output::{count, say};
use crate::queue::Depth;
use crate::rate_limit::RateLimit;

/// What was done, or with `dry_run` what would be done.
#[derive(Debug, Serialize)]
struct Redriven {
    queue: String,
    to: String,
    dry_run: bool,
    moved: u64,
    failed: u64,
}

/// Moves up to `limit` messages back to their source queue.
pub(crate) async fn redrive(context: &Context, dlq: &Dlq, limit: Option<u64>) -> Result<Outcome> {
    dlq.check_kinds()?;
    let Dlq { name, queue: from, source, .. } = dlq;
    let Depth { visible, in_flight } = from.depth().await?;
    if in_flight > 0 {
        let hidden = count(in_flight, "message is", "messages are");
        say(format!("{hidden} hidden by another reader's visibility timeout and not read."));
    }
    let most = limit.unwrap_or(visible).min(visible);
    let redriven = |moved, failed| Redriven {
        queue: name.clone(),
        to: source.name.clone(),
        dry_run: context.dry_run,
        moved,
        failed,
    };
    if context.dry_run || most == 0 {
        context.output.line(&redriven(most, 0))?;
        return Ok(Outcome::Fine);
    }

    let interrupt = Interrupt::listen()?;
    let result = move_messages(dlq, limit, most, context.rate_limit, &interrupt).await?;
    let RedriveResult { moved, failures } = result;
    for failure in &failures {
        context.output.line(failure)?;
    }
    context.output.line(&redriven(moved, u64::try_from(failures.len())?))?;
    Ok(if !failures.is_empty() {
        Outcome::Failed
    } else if interrupt.requested() {
        Outcome::Interrupted
    } else {
        Outcome::Fine
    })
}

/// Moves `most` messages back to their source queue: SQS does it if it can and there is no `limit`,
/// otherwise this process.
pub(crate) async fn move_messages(
    dlq: &Dlq,
    limit: Option<u64>,
    most: u64,
    rate_limit: RateLimit,
    interrupt: &Interrupt,
) -> Result<RedriveResult> {
    dlq.check_kinds()?;
    let Dlq { queue: from, source, is_of_subscription, .. } = dlq;
    // SQS cannot move part of a queue, nor messages that came from a topic.
    if limit.is_none() && !is_of_subscription {
        match start(from, rate_limit).await? {
            Started::Running(task) => return task.follow(interrupt).await,
            Started::Unknown => {
                say("This endpoint cannot move messages by itself; they are moved from here.");
            }
        }
    }
    redrive_messages(from, &source.queue, most, rate_limit, interrupt).await
}

impl fmt::Display for Redriven {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queue, to, dry_run, moved, failed } = self;
        let would = if *dry_run { "would be " } else { "" };
        let messages = count(*moved, "message", "messages");
        write!(
            formatter,
            "{messages} {would}moved from the dead-letter queue {queue} to the queue {to}"
        )?;
        if *failed > 0 {
            write!(formatter, ", {failed} failed: run it again once the cause is gone")
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message_id {
            Some(id) => write!(formatter, "message {id}: {}", self.problem),
            None => self.problem.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use aws_mock::MockAws;

    use super::super::queues::SourceQueue;
    use super::*;
    use crate::output::Output;
    use crate::queue::Queue;
    use crate::stack::Stack;

    async fn error_of_kinds(aws: &MockAws, queue: Queue, source: Queue, dry_run: bool) -> String {
        let context = Context {
            sdk: aws.sdk(),
            stack: Stack::with_outputs([]),
            output: Output { json: false },
            dry_run,
            rate_limit: RateLimit::of(NonZeroU32::new(100).unwrap()),
        };
        let source = SourceQueue { name: "promotion".to_owned(), queue: source };
        let name = "promotion-subscription".to_owned();
        let dlq = Dlq { name, queue, source, is_of_subscription: true };
        redrive(&context, &dlq, None).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn queues_of_two_kinds_are_one_error_and_no_request() {
        let aws = MockAws::with_json(|operation, _| panic!("{operation} has no response"));
        let (standard, fifo) = (Queue::of(&aws), Queue::fifo_of(&aws));
        for dry_run in [false, true] {
            let error = error_of_kinds(&aws, standard.clone(), fifo.clone(), dry_run).await;
            let kinds = "the dead-letter queue promotion-subscription is a standard queue, but the queue promotion is a FIFO queue";
            assert!(error.starts_with("nothing is moved") && error.contains(kinds), "{error}");
            let error = error_of_kinds(&aws, fifo.clone(), standard.clone(), dry_run).await;
            assert!(error.contains("is a FIFO queue, but the queue promotion is a standard queue"));
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
