//! Row counts of the tables and message counts of the queues, read from the emulator.

use std::fmt;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::Stack;
use crate::http::{self, HttpClient};

/// Reads a stack's tables and queues.
#[derive(Debug)]
pub struct StackProgress {
    client: HttpClient,
    stack: Stack,
}

/// The counts at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depths {
    orders: u64,
    subscribers: Vec<Subscriber>,
}

/// A subscriber: messages waiting for it, rows in its table, and messages it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subscriber {
    name: String,
    waiting: u64,
    in_flight: u64,
    rows: u64,
    dead: u64,
}

impl StackProgress {
    /// For this stack.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        Self { client: http::client(), stack: stack.clone() }
    }

    /// Reads all counts.
    pub async fn read(&self) -> Result<Depths> {
        let mut subscribers = vec![];
        for prefix in self.stack.outputs.subscribers() {
            subscribers.push(self.subscriber(prefix).await?);
        }
        Ok(Depths { orders: self.rows("OrdersTable").await?, subscribers })
    }

    /// The counts of the subscriber whose outputs begin with `prefix`.
    async fn subscriber(&self, prefix: &str) -> Result<Subscriber> {
        let (waiting, in_flight) = self.messages(&format!("{prefix}QueueUrl")).await?;
        let mut dead = 0;
        for dlq in ["DlqUrl", "SubscriptionDlqUrl"] {
            let (visible, hidden) = self.messages(&format!("{prefix}{dlq}")).await?;
            dead += visible + hidden;
        }
        let rows = self.rows(&format!("{prefix}Table")).await?;
        Ok(Subscriber { name: prefix.to_lowercase(), waiting, in_flight, rows, dead })
    }

    /// A table's row count. AWS updates it every six hours, the emulator at every request.
    async fn rows(&self, table: &str) -> Result<u64> {
        let body = json!({ "TableName": self.stack.outputs.get(table)? });
        let answer = self.call("DynamoDB_20120810.DescribeTable", &body).await?;
        answer.pointer("/Table/ItemCount").and_then(Value::as_u64).context("a table has no count")
    }

    /// A queue's messages: visible, and in flight.
    async fn messages(&self, queue: &str) -> Result<(u64, u64)> {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let body = json!({ "QueueUrl": self.stack.outputs.get(queue)?, "AttributeNames": names });
        let answer = self.call("AmazonSQS.GetQueueAttributes", &body).await?;
        let [visible, hidden] = names.map(|name| answer["Attributes"][name].as_str()?.parse().ok());
        Ok((visible.context("a queue has no depth")?, hidden.context("a queue has no depth")?))
    }

    async fn call(&self, target: &str, body: &Value) -> Result<Value> {
        http::call_aws(&self.client, &self.stack.endpoint, target, body).await
    }
}

impl fmt::Display for Depths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "orders {}", self.orders)?;
        for Subscriber { name, waiting, in_flight, rows, .. } in &self.subscribers {
            let unit = if *rows == 1 { "row" } else { "rows" };
            write!(
                formatter,
                " │ {name} {waiting} waiting, {in_flight} in flight → {rows} {unit}"
            )?;
        }
        match self.subscribers.iter().map(|subscriber| subscriber.dead).sum() {
            0u64 => Ok(()),
            dead => write!(
                formatter,
                " │ {dead} in dead-letter queues: see docs/runbooks/messages-in-a-dlq.md"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_line_follows_the_order_flow() {
        let subscriber = |name: &str, [waiting, in_flight, rows, dead]: [u64; 4]| Subscriber {
            name: name.to_owned(),
            waiting,
            in_flight,
            rows,
            dead,
        };
        let subscribers =
            vec![subscriber("fulfilment", [2, 1, 9, 0]), subscriber("promotion", [0, 0, 1, 1])];
        let line = Depths { orders: 12, subscribers }.to_string();
        assert_eq!(
            line,
            "orders 12 │ fulfilment 2 waiting, 1 in flight → 9 rows │ promotion 0 waiting, 0 in flight → 1 row \
             │ 1 in dead-letter queues: see docs/runbooks/messages-in-a-dlq.md"
        );
    }
}
