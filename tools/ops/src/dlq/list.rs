//! `ops dlq list`.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::peek::peek;
use super::queues::Queues;
use crate::context::Context;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::output::{Row, age, count, say};
use crate::queue::{BATCH, Depth};

#[derive(Debug, Serialize)]
struct Line {
    queue: String,
    kind: Kind,
    visible: u64,
    in_flight: u64,
    /// When the oldest message of a sample was first sent, or moved to a FIFO dead-letter queue.
    /// `None` for a source queue, where sampling would count as a delivery attempt.
    oldest_seen_at: Option<Timestamp>,
    oldest_seen_seconds: Option<i64>,
    #[serde(skip)]
    now: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Source,
    Dlq,
    SubscriptionDlq,
}

impl Row for Line {
    const HEAD: &'static [&'static str] = &["QUEUE", "KIND", "VISIBLE", "IN FLIGHT", "OLDEST"];

    fn cells(&self) -> Vec<String> {
        let kind = match self.kind {
            Kind::Source => "source queue",
            Kind::Dlq => "dead-letter queue",
            Kind::SubscriptionDlq => "dead-letter queue of the subscription",
        };
        let oldest = self
            .oldest_seen_at
            .map_or("-".to_owned(), |oldest| format!("at least {}", age(oldest, self.now)));
        vec![
            self.queue.clone(),
            kind.to_owned(),
            self.visible.to_string(),
            self.in_flight.to_string(),
            oldest,
        ]
    }
}

/// Lists all queues.
pub(crate) async fn list(context: &Context, queues: &Queues) -> Result<Outcome> {
    let interrupt = Interrupt::listen()?;
    let mut lines = vec![];
    for source in &queues.sources {
        let depth = source.queue.depth().await?;
        lines.push(line(source.name.clone(), Kind::Source, depth, None));
    }
    for dlq in &queues.dlqs {
        let depth = dlq.queue.depth().await?;
        let sample_size = BATCH.min(usize::try_from(depth.visible)?);
        let sample = peek(&dlq.queue, sample_size, &interrupt).await?;
        let oldest = sample.into_iter().filter_map(|message| message.sent_at).min();
        let kind = if dlq.is_of_subscription { Kind::SubscriptionDlq } else { Kind::Dlq };
        lines.push(line(dlq.name.clone(), kind, depth, oldest));
    }
    context.output.table(&lines)?;

    let dead: u64 = lines
        .iter()
        .filter(|line| line.kind != Kind::Source)
        .map(|line| line.visible + line.in_flight)
        .sum();
    if dead == 0 {
        say("No message is in a dead-letter queue.");
        return Ok(Outcome::Fine);
    }
    say(format!(
        "{} in dead-letter queues. Show them with `ops dlq show QUEUE`.",
        count(dead, "message is", "messages are")
    ));
    Ok(Outcome::NeedsAttention)
}

fn line(
    queue: String,
    kind: Kind,
    Depth { visible, in_flight }: Depth,
    oldest: Option<Timestamp>,
) -> Line {
    let now = Timestamp::now();
    let oldest_seen_seconds = oldest.map(|oldest| now.as_second() - oldest.as_second());
    Line { queue, kind, visible, in_flight, oldest_seen_at: oldest, oldest_seen_seconds, now }
}
