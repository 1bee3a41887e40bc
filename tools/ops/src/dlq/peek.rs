//! Reads messages without removing them: each is received, and made visible again at the end, even
//! after an error.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use crate::interrupt::Interrupt;
use crate::queue::{BATCH, Message, Queue};

/// If this process is killed, the messages become visible again after this time.
const HIDDEN_FOR: Duration = Duration::from_secs(60);

/// SQS samples its servers, so one response without a new message does not mean that the queue is
/// empty.
const FRUITLESS_LOOKS: u32 = 2;

/// Up to `limit` messages, the oldest first. SQS chooses which ones.
pub(crate) async fn peek(
    queue: &Queue,
    limit: usize,
    interrupt: &Interrupt,
) -> Result<Vec<Message>> {
    let mut held = BTreeMap::new();
    let looked = look(queue, limit, interrupt, &mut held).await;
    let mut messages: Vec<_> = held.into_values().collect();
    queue.release(&messages).await;
    looked?;
    messages.sort_by_key(|message| message.sent_at);
    Ok(messages)
}

/// The same message may be received twice; then only its newer receipt handle is valid.
async fn look(
    queue: &Queue,
    limit: usize,
    interrupt: &Interrupt,
    held: &mut BTreeMap<String, Message>,
) -> Result<()> {
    let mut fruitless = 0;
    while held.len() < limit && fruitless < FRUITLESS_LOOKS && !interrupt.requested() {
        let before = held.len();
        let most = (limit - before).min(BATCH);
        held.extend(
            queue
                .receive(most, HIDDEN_FOR)
                .await?
                .into_iter()
                .map(|message| (message.id.clone(), message)),
        );
        fruitless = if held.len() == before { fruitless + 1 } else { 0 };
    }
    Ok(())
}
