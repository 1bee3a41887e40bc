//! A sample of a dead-letter queue's messages.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::state::Console;
use crate::dlq::{Dlq, ShownMessage, peek};

/// What was read of a queue, or why nothing.
#[derive(Debug)]
pub(super) struct Messages {
    read_at: Instant,
    pub(super) sample: Result<Vec<ShownMessage>, String>,
}

/// The message whose body a page shows.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ShownBody {
    /// Its id.
    pub(super) body: Option<String>,
}

/// The most messages that a page shows.
pub(super) const MOST: usize = 25;
/// A page that is loaded again within this time has the same sample: reading hides messages from
/// other readers.
const SAMPLE_KEPT: Duration = Duration::from_secs(5);
/// How long a page waits for another reader, or for a change.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the messages of a queue into the console's state, unless the page is opened again to see one
/// of the bodies, or the queue is being changed. Goes on if the page is closed, as the messages that
/// it received must become visible again.
pub(super) async fn read(console: Arc<Console>, dlq: Dlq, shown: ShownBody) {
    let reading = async move {
        let queue = console.queue(&dlq.name);
        // A change may take minutes.
        let Ok(_reading) = timeout(PATIENCE, queue.lock()).await else { return };
        if console.state().messages.get(&dlq.name).is_some_and(|messages| messages.serves(&shown)) {
            return;
        }
        let sample = peek(&dlq.queue, MOST, &console.interrupt).await;
        let sample = sample.map_err(|error| format!("{error:#}")).map(|messages| {
            messages.iter().map(|message| ShownMessage::of(message, &dlq.queue)).collect()
        });
        let messages = Messages { read_at: Instant::now(), sample };
        console.update(|state| state.messages.insert(dlq.name.clone(), messages));
    };
    // It cannot panic, and is not cancelled.
    let _ = tokio::spawn(reading).await;
}

impl Messages {
    fn serves(&self, shown: &ShownBody) -> bool {
        let Ok(sample) = &self.sample else { return false };
        self.read_at.elapsed() < SAMPLE_KEPT || sample.iter().any(|message| shown.is_of(message))
    }
}

impl ShownBody {
    /// Whether the page shows this message's body.
    pub(super) fn is_of(&self, message: &ShownMessage) -> bool {
        self.body.as_ref() == Some(&message.message_id)
    }
}
