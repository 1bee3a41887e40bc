//! Looking at messages without taking them: each is received, and made visible again in the end,
//! whatever happens.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use crate::interrupt::Interrupt;
use crate::queue::{BATCH, Message, Queue};

/// Should this process be killed, the messages are visible again after this.
const HIDDEN_FOR: Duration = Duration::from_secs(60);

/// SQS answers from some of its servers: one answer without anything new is not the end.
const FRUITLESS_LOOKS: u32 = 2;

/// Up to `limit` messages, the oldest first. Which ones is SQS's choice.
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

/// The same message may come twice, and then its newer receipt is the one that counts.
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
