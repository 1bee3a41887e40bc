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
    fulfilment: Service,
    promotion: Service,
    invoicing: Service,
}

/// A subscriber: messages waiting for it, rows it wrote, and messages it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Service {
    waiting: u64,
    in_flight: u64,
    done: u64,
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
        Ok(Depths {
            orders: self.rows("OrdersTable").await?,
            fulfilment: self.service("Fulfilment", "ShipmentsTable").await?,
            promotion: self.service("Promotion", "CouponsTable").await?,
            invoicing: self.service("Invoicing", "InvoicesTable").await?.without_a_row(),
        })
    }

    async fn service(&self, name: &str, table: &str) -> Result<Service> {
        let (waiting, in_flight) = self.messages(&format!("{name}QueueUrl")).await?;
        let (mut dead, done) = (0, self.rows(table).await?);
        for dlq in ["DlqUrl", "SubscriptionDlqUrl"] {
            let (visible, hidden) = self.messages(&format!("{name}{dlq}")).await?;
            dead += visible + hidden;
        }
        Ok(Service { waiting, in_flight, done, dead })
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

impl Service {
    /// Subtracts the invoices table's counter row.
    fn without_a_row(self) -> Self {
        Self { done: self.done.saturating_sub(1), ..self }
    }
}

impl fmt::Display for Depths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { orders, fulfilment, promotion, invoicing } = self;
        write!(
            formatter,
            "orders {orders} │ fulfilment {fulfilment} shipped │ promotion {promotion} coupons"
        )?;
        write!(formatter, " │ invoicing {invoicing} invoices")?;
        match fulfilment.dead + promotion.dead + invoicing.dead {
            0 => Ok(()),
            dead => write!(
                formatter,
                " │ {dead} in dead-letter queues: see docs/runbooks/messages-in-a-dlq.md"
            ),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} waiting, {} in flight → {}", self.waiting, self.in_flight, self.done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_line_follows_the_order_flow() {
        let fulfilment = Service { waiting: 2, in_flight: 1, done: 9, dead: 0 };
        let promotion = Service { waiting: 0, in_flight: 0, done: 4, dead: 1 };
        let invoicing = Service { waiting: 0, in_flight: 1, done: 8, dead: 0 };
        let line = Depths { orders: 12, fulfilment, promotion, invoicing }.to_string();
        assert_eq!(
            line,
            "orders 12 │ fulfilment 2 waiting, 1 in flight → 9 shipped │ promotion 0 waiting, 0 in flight → 4 coupons \
             │ invoicing 0 waiting, 1 in flight → 8 invoices │ 1 in dead-letter queues: see docs/runbooks/messages-in-a-dlq.md"
        );
    }
}
