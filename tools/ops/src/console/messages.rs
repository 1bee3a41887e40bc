//! A sample of a dead-letter queue's messages.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

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
const KEPT: Duration = Duration::from_secs(5);

/// Reads the messages of a queue into the console's state, unless the page is opened again to see one
/// of the bodies.
pub(super) async fn read(console: &Console, dlq: &Dlq, shown: &ShownBody) {
    let _peeking = console.peeking.lock().await;
    if console.state().messages.get(&dlq.name).is_some_and(|messages| messages.serves(shown)) {
        return;
    }
    let sample = peek(&dlq.queue, MOST, &console.interrupt).await;
    let sample = sample.map_err(|error| format!("{error:#}")).map(|messages| {
        messages.iter().map(|message| ShownMessage::of(message, &dlq.queue)).collect()
    });
    let messages = Messages { read_at: Instant::now(), sample };
    console.update(|state| state.messages.insert(dlq.name.clone(), messages));
}

impl Messages {
    fn serves(&self, shown: &ShownBody) -> bool {
        let Ok(sample) = &self.sample else { return false };
        self.read_at.elapsed() < KEPT || sample.iter().any(|message| shown.is_of(message))
    }
}

impl ShownBody {
    /// Whether the page shows this message's body.
    pub(super) fn is_of(&self, message: &ShownMessage) -> bool {
        self.body.as_ref() == Some(&message.message_id)
    }
}
