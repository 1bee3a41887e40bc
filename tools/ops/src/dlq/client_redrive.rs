//! Moves messages from this process: receive, send, and delete once SQS has acknowledged the copy.
//! A message may be in both queues for a while, but never in neither.
//!
//! FIFO queues keep the order within a message group, and so does this: it sends a message only
//! once the one before it in its group is sent.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use super::message_groups::{BlockedGroups, rounds};
use super::redrive_result::{Failure, RedriveResult};
use crate::interrupt::Interrupt;
use crate::progress;
use crate::queue::{BATCH, EMPTY_RECEIVES, Message, Queue};
use crate::rate_limit::RateLimit;

/// Long enough for the slowest batch. If this process is killed, its messages become visible again
/// after this time. If the rounds of a FIFO queue take longer, a message may be sent twice, but in
/// order.
const HIDDEN_FOR: Duration = Duration::from_secs(120);

/// The size limit of one request. SQS now accepts four times as much; older endpoints do not.
const BATCH_BYTES: usize = 256 * 1024;

/// Moves up to `most` messages, each once. It ends even when moved messages fail again and return:
/// it remembers the ids of the copies and skips them.
///
/// Both queues must be of one kind. Of FIFO queues, the messages behind one that cannot be sent stay
/// in the dead-letter queue with it, if they are of its message group.
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
        blocked_groups: BlockedGroups::default(),
        taken: 0,
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
    /// Always empty for standard queues.
    blocked_groups: BlockedGroups,
    /// How many different messages were received, copies aside.
    taken: usize,
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
        let mut empty_receives = 0;
        while self.taken < most && empty_receives < EMPTY_RECEIVES && !interrupt.requested() {
            let start = Instant::now();
            let taken_before = self.taken;
            let at_once = rate_limit.at_once(BATCH).min(most - self.taken);
            let received = self.from.receive(at_once, HIDDEN_FOR).await?;
            let movable = self.take(received);
            let count = self.taken - taken_before;
            empty_receives = if count == 0 { empty_receives + 1 } else { 0 };
            for round in rounds(movable, |message| group(self.from, message)) {
                let round = self.leave_blocked(round);
                for batch in batches(round, Message::bytes) {
                    self.redrive_batch(batch).await;
                }
            }
            bar.inc(u64::try_from(count)?);
            rate_limit.after(count, start).await;
        }
        Ok(())
    }

    /// The messages to move, in the order received. Leaves the others.
    fn take(&mut self, received: Vec<Message>) -> Vec<Message> {
        let mut movable = vec![];
        for message in received {
            // The same message may be received twice, even in one response.
            if !self.known.insert(message.id.clone()) {
                if let Some(group) = group(self.from, &message) {
                    self.blocked_groups.block_returned(group);
                }
                self.left_alone.push(message);
                continue;
            }
            self.taken += 1;
            if self.to.is_fifo() && message.group_id.is_none() {
                let problem = "SQS gave it without the message group id that a FIFO queue requires";
                self.leave_unsent(message, problem);
                continue;
            }
            let reason = group(self.from, &message)
                .and_then(|group| self.blocked_groups.reason_on_receive(group));
            match reason {
                Some(reason) => self.leave_unsent(message, reason),
                None => movable.push(message),
            }
        }
        movable
    }

    /// Leaves the messages of a round behind one that could not be sent. Returns the others.
    fn leave_blocked(&mut self, round: Vec<Message>) -> Vec<Message> {
        let mut movable = vec![];
        for message in round {
            let reason = group(self.from, &message)
                .and_then(|group| self.blocked_groups.reason_before_send(group));
            match reason {
                Some(reason) => self.leave_unsent(message, reason),
                None => movable.push(message),
            }
        }
        movable
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
                    if let Some(group) = group(self.from, &message) {
                        self.blocked_groups.block_unsent(group);
                    }
                    self.leave_unsent(message, &problem);
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

    fn leave_unsent(&mut self, message: Message, problem: &str) {
        self.leave(message, format!("not sent, so not deleted: {problem}"));
    }

    fn leave(&mut self, message: Message, problem: String) {
        self.result.failures.push(Failure { message_id: Some(message.id.clone()), problem });
        self.left_alone.push(message);
    }
}

/// The message group of a FIFO queue's message. `None` for a standard queue, which keeps no order.
fn group<'a>(queue: &Queue, message: &'a Message) -> Option<&'a str> {
    if queue.is_fifo() { message.group_id.as_deref() } else { None }
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
mod tests;
