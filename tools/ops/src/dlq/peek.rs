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
///
/// In a FIFO queue a receive hides the rest of each message group that it returned messages of, so
/// of each group only the first messages are found, at most [`BATCH`].
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
    messages.sort_by_key(|message| (message.sent_at, message.sequence_number));
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

#[cfg(test)]
mod tests {
    use aws_mock::MockAws;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn messages_of_one_millisecond_keep_the_fifo_order() {
        let message = |id: &str, sequence_number: &str| {
            let attributes = json!({ "SentTimestamp": "1000", "SequenceNumber": sequence_number });
            json!({ "MessageId": id, "ReceiptHandle": id, "Body": id, "Attributes": attributes })
        };
        let messages = [message("a", "18850000000000000257"), message("b", "9950000000000000001")];
        let aws = MockAws::with_json(move |operation, _| match operation {
            "ReceiveMessage" => (200, json!({ "Messages": messages })),
            _ => (200, json!({ "Successful": [], "Failed": [] })),
        });
        let peeked = peek(&Queue::fifo_of(&aws), 2, &Interrupt::fixed(false)).await.unwrap();
        let ids: Vec<_> = peeked.iter().map(|message| message.id.as_str()).collect();
        assert_eq!(ids, ["b", "a"]);
    }
}
