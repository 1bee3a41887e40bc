//! Moves messages from this process: receive, send, and delete once SQS has acknowledged the copy.
//! A message may be in both queues for a while, but never in neither.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use super::redrive_result::{Failure, RedriveResult};
use crate::interrupt::Interrupt;
use crate::progress;
use crate::queue::{BATCH, EMPTY_RECEIVES, Message, Queue};
use crate::rate_limit::RateLimit;

/// Long enough for the slowest batch. If this process is killed, its messages become visible again
/// after this time.
const HIDDEN_FOR: Duration = Duration::from_secs(120);

/// The size limit of one request. SQS now accepts four times as much; older endpoints do not.
const BATCH_BYTES: usize = 256 * 1024;

/// Moves up to `most` messages, each once. It ends even when moved messages fail again and return:
/// it remembers the ids of the copies and skips them.
pub(crate) async fn redrive_messages(
    from: &Queue,
    to: &Queue,
    most: u64,
    rate_limit: RateLimit,
    interrupt: &Interrupt,
) -> Result<RedriveResult> {
    let bar = progress::bar("Redriving", most);
    let mut move_ = Move {
        from,
        to,
        known: HashSet::new(),
        left_alone: vec![],
        result: RedriveResult::default(),
    };
    let done = move_.run(usize::try_from(most)?, rate_limit, interrupt, &bar).await;
    from.release(&move_.left_alone).await;
    bar.finish_and_clear();
    done?;
    Ok(move_.result)
}

struct Move<'a> {
    from: &'a Queue,
    to: &'a Queue,
    /// The ids of received messages, and of their copies in the source queue.
    known: HashSet<String>,
    /// Messages to make visible again at the end.
    left_alone: Vec<Message>,
    result: RedriveResult,
}

impl Move<'_> {
    async fn run(
        &mut self,
        most: usize,
        rate_limit: RateLimit,
        interrupt: &Interrupt,
        bar: &indicatif::ProgressBar,
    ) -> Result<()> {
        let (mut taken, mut empty_receives) = (0, 0);
        while taken < most && empty_receives < EMPTY_RECEIVES && !interrupt.requested() {
            let start = Instant::now();
            let received =
                self.from.receive(rate_limit.at_once(BATCH).min(most - taken), HIDDEN_FOR).await?;
            // The same message may be received twice, even in one response.
            let (fresh, again): (Vec<_>, _) =
                received.into_iter().partition(|message| self.known.insert(message.id.clone()));
            self.left_alone.extend(again);
            empty_receives = if fresh.is_empty() { empty_receives + 1 } else { 0 };
            taken += fresh.len();
            let count = fresh.len();
            for batch in batches(fresh, Message::bytes) {
                self.redrive_batch(batch).await;
            }
            bar.inc(u64::try_from(count)?);
            rate_limit.after(count, start).await;
        }
        Ok(())
    }

    async fn redrive_batch(&mut self, batch: Vec<Message>) {
        let sent = self.to.send(&batch).await;
        let mut copied = vec![];
        for (message, sent) in batch.into_iter().zip(sent) {
            match sent {
                Ok(copy) => {
                    self.known.insert(copy);
                    copied.push(message);
                }
                Err(problem) => {
                    self.leave(message, format!("not sent, so not deleted: {problem}"));
                }
            }
        }
        let deleted = self.from.delete(&copied).await;
        for (message, deleted) in copied.into_iter().zip(deleted) {
            match deleted {
                Ok(()) => self.result.moved += 1,
                Err(problem) => self.leave(
                    message,
                    format!("sent, but not deleted; another redrive sends it twice, which is harmless: {problem}"),
                ),
            }
        }
    }

    fn leave(&mut self, message: Message, problem: String) {
        self.result.failures.push(Failure { message_id: Some(message.id.clone()), problem });
        self.left_alone.push(message);
    }
}

/// Splits received messages into batches that fit one request. An oversized message gets a batch of
/// its own.
fn batches<T>(messages: Vec<T>, bytes: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = vec![];
    let mut room = 0;
    for message in messages {
        let bytes = bytes(&message);
        match batches.last_mut() {
            Some(batch) if bytes <= room => batch.push(message),
            _ => {
                room = BATCH_BYTES;
                batches.push(vec![message]);
            }
        }
        room = room.saturating_sub(bytes);
    }
    batches
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use aws_mock::MockAws;
    use serde_json::{Value, json};

    use super::*;

    /// A dead-letter queue to which every moved message returns at once, and which delivers each
    /// message twice.
    fn poisonous(first: &[&str]) -> MockAws {
        let mut waiting: Vec<_> = first.iter().map(ToString::to_string).collect();
        MockAws::with_json(move |operation, request| {
            if operation == "ReceiveMessage" {
                let ids = std::mem::take(&mut waiting);
                let message =
                    |id: &String| json!({ "MessageId": id, "ReceiptHandle": id, "Body": id });
                let messages: Vec<_> = ids.iter().chain(&ids).map(message).collect();
                return (200, json!({ "Messages": messages }));
            }
            let entries = request["Entries"].as_array().unwrap().iter().map(|entry| {
                let Some(body) = entry["MessageBody"].as_str() else {
                    return json!({ "Id": entry["Id"] });
                };
                waiting.push(format!("copy of {body}"));
                json!({ "Id": entry["Id"], "MessageId": waiting.last(), "MD5OfMessageBody": "" })
            });
            (200, json!({ "Successful": entries.collect::<Vec<_>>(), "Failed": [] }))
        })
    }

    async fn redrive(aws: &MockAws, interrupt: bool) -> RedriveResult {
        let queue = Queue::of(aws);
        let rate_limit = RateLimit::of(NonZeroU32::new(100).unwrap());
        // The approximate count may be too high; the redrive must still end.
        redrive_messages(&queue, &queue, 50, rate_limit, &Interrupt::fixed(interrupt))
            .await
            .unwrap()
    }

    fn entries(aws: &MockAws, operation: &str) -> Vec<Value> {
        let requests = aws.json_requests(operation).into_iter();
        requests.flat_map(|request| request["Entries"].as_array().cloned().unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn returning_poison_is_moved_only_once() {
        let aws = poisonous(&["a", "b"]);
        let RedriveResult { moved, failures } = redrive(&aws, false).await;
        assert_eq!((moved, failures), (2, vec![]));
        let sent = entries(&aws, "SendMessageBatch");
        let sent: Vec<_> = sent.iter().map(|entry| &entry["MessageBody"]).collect();
        assert_eq!(sent, ["a", "b"]);
        let released = entries(&aws, "ChangeMessageVisibilityBatch").len();
        assert!(released >= 2, "what came back stays hidden");
    }

    #[tokio::test(start_paused = true)]
    async fn ctrl_c_before_the_first_step_moves_nothing() {
        let aws = poisonous(&["a"]);
        assert_eq!(redrive(&aws, true).await.moved, 0);
        assert!(entries(&aws, "SendMessageBatch").is_empty());
    }

    #[test]
    fn batches_stay_within_the_sqs_size_limit() {
        let half = BATCH_BYTES / 2;
        let cut = batches(vec![half, half, 1, BATCH_BYTES, 2 * BATCH_BYTES, 1], |bytes| *bytes);
        assert_eq!(
            cut,
            [vec![half, half], vec![1], vec![BATCH_BYTES], vec![2 * BATCH_BYTES], vec![1]]
        );
        assert!(batches(vec![], |bytes| *bytes).is_empty());
    }
}
