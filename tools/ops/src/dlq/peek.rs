//! Reads messages without removing them: each is received, and made visible again at the end, even
//! after an error.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use crate::interrupt::Interrupt;
use crate::queue::{BATCH, EMPTY_RECEIVES, Message, Queue};

/// If this process is killed, the messages become visible again after this time.
const HIDDEN_FOR: Duration = Duration::from_secs(60);

/// Up to `limit` messages, the oldest first. SQS chooses which ones.
pub(crate) async fn peek(
    queue: &Queue,
    limit: usize,
    interrupt: &Interrupt,
) -> Result<Vec<Message>> {
    let mut received = BTreeMap::new();
    let done = receive(queue, limit, interrupt, &mut received).await;
    let mut messages: Vec<_> = received.into_values().collect();
    queue.release(&messages).await;
    done?;
    messages.sort_by_key(|message| message.sent_at);
    Ok(messages)
}

/// The same message may be received twice; then only its newer receipt handle is valid.
async fn receive(
    queue: &Queue,
    limit: usize,
    interrupt: &Interrupt,
    received: &mut BTreeMap<String, Message>,
) -> Result<()> {
    let mut empty_receives = 0;
    while received.len() < limit && empty_receives < EMPTY_RECEIVES && !interrupt.requested() {
        let before = received.len();
        for message in queue.receive((limit - before).min(BATCH), HIDDEN_FOR).await? {
            received.insert(message.id.clone(), message);
        }
        empty_receives = if received.len() == before { empty_receives + 1 } else { 0 };
    }
    Ok(())
}
