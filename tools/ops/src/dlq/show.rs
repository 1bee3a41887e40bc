//! `ops dlq show`.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use aws_sdk_sqs::types::MessageAttributeValue;
use domain::OrderPlaced;
use jiff::Timestamp;
use serde::Serialize;

use super::peek::peek;
use super::queues::Dlq;
use crate::context::Context;
use crate::escape;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::output::{age, count, say};
use crate::queue::{Message, Queue};

/// A message as it is printed, with why it would fail.
#[derive(Debug, Serialize)]
pub(crate) struct ShownMessage {
    pub(crate) message_id: String,
    #[serde(skip)]
    time_label: &'static str,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) receive_count: u32,
    attributes: BTreeMap<String, Attribute>,
    decodes: bool,
    pub(crate) verdict: String,
    pub(crate) body: String,
}

#[derive(Debug, Serialize)]
struct Attribute {
    #[serde(rename = "type")]
    data_type: String,
    value: String,
}

/// Shows up to `limit` messages.
pub(crate) async fn show(context: &Context, dlq: &Dlq, limit: usize) -> Result<Outcome> {
    let interrupt = Interrupt::listen()?;
    let messages = peek(&dlq.queue, limit, &interrupt).await?;
    for message in &messages {
        context.output.line(&ShownMessage::of(message, &dlq.queue))?;
    }
    let shown = u64::try_from(messages.len())?;
    let there = dlq.queue.depth().await?.visible.max(shown);
    say(format!("{shown} of about {} shown.", count(there, "message", "messages")));
    if let Some(note) = note_on_groups(&dlq.queue, shown, there, u64::try_from(limit)?) {
        say(note);
    }
    Ok(if interrupt.requested() { Outcome::Interrupted } else { Outcome::Fine })
}

/// Why a FIFO queue may have shown fewer messages than it has and the operator asked for.
fn note_on_groups(queue: &Queue, shown: u64, there: u64, limit: u64) -> Option<&'static str> {
    if queue.is_fifo() && shown < there.min(limit) {
        return Some(
            "In a FIFO queue, reading hides the rest of a message group: of a group with more than ten messages, only the first ones can be shown.",
        );
    }
    None
}

impl ShownMessage {
    pub(crate) fn of(message: &Message, queue: &Queue) -> Self {
        let (decodes, verdict) = verdict(&message.body);
        let attributes =
            message.attributes.iter().map(|(name, value)| (name.clone(), Attribute::of(value)));
        Self {
            message_id: message.id.clone(),
            // SQS sets a new time when it moves a message from a FIFO queue.
            time_label: if queue.is_fifo() { "arrived   " } else { "first sent" },
            sent_at: message.sent_at,
            receive_count: message.receive_count,
            attributes: attributes.collect(),
            decodes,
            verdict,
            body: message.body.clone(),
        }
    }
}

impl Attribute {
    fn of(value: &MessageAttributeValue) -> Self {
        let text = match (value.string_value(), value.binary_value()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(binary)) => format!("{} bytes", binary.as_ref().len()),
            (None, None) => String::new(),
        };
        Self { data_type: value.data_type().to_owned(), value: text }
    }
}

impl fmt::Display for ShownMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "message     {}", self.message_id)?;
        let time_label = self.time_label;
        match self.sent_at {
            Some(at) => {
                writeln!(formatter, "{time_label}  {at:.0} ({} ago)", age(at, Timestamp::now()))?;
            }
            None => writeln!(formatter, "{time_label}  SQS does not say")?,
        }
        writeln!(formatter, "received    {}", count(self.receive_count.into(), "time", "times"))?;
        let attribute = |(name, Attribute { data_type, value }): (&String, &Attribute)| {
            escape::line(&format!("{name} = {value} ({data_type})"))
        };
        let attributes: Vec<_> = self.attributes.iter().map(attribute).collect();
        writeln!(
            formatter,
            "attributes  {}",
            if attributes.is_empty() { "none".to_owned() } else { attributes.join(", ") }
        )?;
        writeln!(formatter, "verdict     {}", self.verdict)?;
        writeln!(formatter, "body        {}", escape::line(&self.body))
    }
}

/// Whether the subscribers' own decoder accepts a body, and its message.
fn verdict(body: &str) -> (bool, String) {
    match OrderPlaced::decode(body) {
        Ok(_) => (true, "decodes: it failed for another reason, see the function's log".to_owned()),
        Err(error) => (false, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use aws_mock::MockAws;

    use super::*;

    fn queues() -> [Queue; 2] {
        let aws = MockAws::with_json(|operation, _| panic!("{operation} has no response"));
        [Queue::of(&aws), Queue::fifo_of(&aws)]
    }

    #[test]
    fn only_a_fifo_queue_that_showed_too_few_has_a_note() {
        let [standard, fifo] = queues();
        assert_eq!(note_on_groups(&standard, 10, 12, 20), None);
        assert_eq!(note_on_groups(&fifo, 12, 12, 20), None, "all are shown");
        assert_eq!(note_on_groups(&fifo, 10, 12, 10), None, "no more were asked for");
        let note = note_on_groups(&fifo, 10, 12, 20).unwrap();
        assert!(note.contains("hides the rest of a message group"), "{note}");
    }

    #[test]
    fn time_in_a_fifo_queue_is_that_of_the_arrival() {
        let message = Message::sent_at(Timestamp::from_second(1_000).unwrap());
        let [standard, fifo] = queues().map(|queue| ShownMessage::of(&message, &queue).to_string());
        assert!(standard.contains("\nfirst sent  1970-01-01T00:16:40Z ("), "{standard}");
        assert!(fifo.contains("\narrived     1970-01-01T00:16:40Z ("), "{fifo}");
    }

    #[test]
    fn verdict_matches_the_decoder() {
        let (decodes, text) = verdict("{\"order_id\":");
        assert_eq!(
            (decodes, text.as_str()),
            (
                false,
                "not an order.placed event, version 1: the JSON ends too early at line 1 column 12"
            )
        );
        let golden = include_str!("../../../../crates/domain/src/golden/order_placed.v1.json");
        let (decodes, text) = verdict(golden);
        assert!(decodes && text.contains("the function's log"), "{text}");
    }
}
