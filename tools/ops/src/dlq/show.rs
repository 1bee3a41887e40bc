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
use crate::queue::Message;

#[derive(Debug, Serialize)]
struct Shown {
    message_id: String,
    sent_at: Option<Timestamp>,
    receive_count: u32,
    attributes: BTreeMap<String, Attribute>,
    decodes: bool,
    verdict: String,
    body: String,
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
        context.output.line(&Shown::of(message))?;
    }
    let shown = u64::try_from(messages.len())?;
    let there = dlq.queue.depth().await?.visible.max(shown);
    say(format!("{shown} of about {} shown.", count(there, "message", "messages")));
    Ok(if interrupt.requested() { Outcome::Interrupted } else { Outcome::Fine })
}

impl Shown {
    fn of(message: &Message) -> Self {
        let (decodes, verdict) = verdict(&message.body);
        let attributes =
            message.attributes.iter().map(|(name, value)| (name.clone(), Attribute::of(value)));
        Self {
            message_id: message.id.clone(),
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

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "message     {}", self.message_id)?;
        match self.sent_at {
            Some(at) => {
                writeln!(formatter, "first sent  {at:.0} ({} ago)", age(at, Timestamp::now()))?;
            }
            None => writeln!(formatter, "first sent  SQS does not say")?,
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
    use super::*;

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
