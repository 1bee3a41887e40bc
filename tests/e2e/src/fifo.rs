//! What messages on FIFO topics and queues need.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Deployment;

/// The ids of a message on a FIFO topic or queue. A standard one gets none.
#[derive(Clone, Debug)]
pub struct FifoIds {
    /// Messages with the same group are delivered in order.
    pub group: String,
    /// A message with the id of an earlier one is dropped, for five minutes.
    pub deduplication: String,
}

impl FifoIds {
    /// A message that is the only one of its group.
    #[must_use]
    pub fn random() -> Self {
        Self::new_of_group(&Uuid::new_v4().to_string())
    }

    /// A new message of a group.
    #[must_use]
    pub fn new_of_group(group: &str) -> Self {
        Self { group: group.to_owned(), deduplication: Uuid::new_v4().to_string() }
    }
}

/// The message group of a customer's orders.
#[must_use]
pub fn group_of(customer: &str) -> String {
    hex::encode(&Sha256::digest(customer)[..16])
}

impl Deployment {
    /// Whether the stack has a FIFO topic and FIFO queues.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        is_fifo(self.output("OrdersTopicArn"))
    }

    /// Makes a FIFO topic without subscriptions, and returns its ARN.
    pub async fn make_fifo_topic(&self) -> String {
        let name = format!("order-fanout-e2e-{}.fifo", Uuid::new_v4());
        let create = self.sns.create_topic().name(name).attributes("FifoTopic", "true");
        create.send().await.expect("a topic can be made").topic_arn.expect("a topic has an ARN")
    }
}

/// Whether an ARN or a URL is that of a FIFO topic or queue.
pub(crate) fn is_fifo(address: &str) -> bool {
    address.strip_suffix(".fifo").is_some()
}
