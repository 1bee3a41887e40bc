//! The services behind the topic, as a deployed stack names what belongs to each.

/// A service that receives orders from a queue of its own.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber {
    /// The function's name.
    pub function: &'static str,
    /// What the outputs of its queues begin with.
    queues: &'static str,
    /// The output that names its table.
    pub table: &'static str,
}

/// All of them.
pub const SUBSCRIBERS: [Subscriber; 3] = [
    Subscriber { function: "fulfilment", queues: "Fulfilment", table: "ShipmentsTable" },
    Subscriber { function: "promotion", queues: "Promotion", table: "CouponsTable" },
    Subscriber { function: "invoicing", queues: "Invoicing", table: "InvoicesTable" },
];

impl Subscriber {
    /// The output with the address of its queue.
    #[must_use]
    pub fn queue(&self) -> String {
        format!("{}QueueUrl", self.queues)
    }

    /// The output with the address of the queue for what it could not do.
    #[must_use]
    pub fn dlq(&self) -> String {
        format!("{}DlqUrl", self.queues)
    }

    /// The output with the address of the queue for what the topic could not put on its queue.
    #[must_use]
    pub fn subscription_dlq(&self) -> String {
        format!("{}SubscriptionDlqUrl", self.queues)
    }
}
