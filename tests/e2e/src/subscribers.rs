//! The subscribers' functions and the names of their stack outputs.

/// A service that receives orders from a queue of its own.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber {
    /// The function's name.
    pub function: &'static str,
    /// The common prefix of its queues' outputs.
    queues: &'static str,
    /// The output with its table's name.
    pub table: &'static str,
}

/// All subscribers.
pub const SUBSCRIBERS: [Subscriber; 3] = [
    Subscriber { function: "fulfilment", queues: "Fulfilment", table: "ShipmentsTable" },
    Subscriber { function: "promotion", queues: "Promotion", table: "CouponsTable" },
    Subscriber { function: "invoicing", queues: "Invoicing", table: "InvoicesTable" },
];

impl Subscriber {
    /// The output with its queue's URL.
    #[must_use]
    pub fn queue(&self) -> String {
        format!("{}QueueUrl", self.queues)
    }

    /// The output with the URL of its queue's dead-letter queue.
    #[must_use]
    pub fn dlq(&self) -> String {
        format!("{}DlqUrl", self.queues)
    }

    /// The output with the URL of its subscription's dead-letter queue.
    #[must_use]
    pub fn subscription_dlq(&self) -> String {
        format!("{}SubscriptionDlqUrl", self.queues)
    }
}
