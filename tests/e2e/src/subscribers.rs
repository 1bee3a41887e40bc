//! The stack's subscribers, found by its outputs.

use crate::Deployment;

/// A service that receives orders from a queue of its own.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// The function's name.
    pub function: String,
    /// The common prefix of its outputs.
    prefix: String,
}

impl Deployment {
    /// All subscribers: those with a queue.
    #[must_use]
    pub fn subscribers(&self) -> Vec<Subscriber> {
        let prefixes = self.output_names().filter_map(|name| name.strip_suffix("QueueUrl"));
        prefixes
            .map(|prefix| Subscriber { function: prefix.to_lowercase(), prefix: prefix.to_owned() })
            .collect()
    }
}

impl Subscriber {
    /// The output with its queue's URL.
    #[must_use]
    pub fn queue(&self) -> String {
        format!("{}QueueUrl", self.prefix)
    }

    /// The output with the URL of its queue's dead-letter queue.
    #[must_use]
    pub fn dlq(&self) -> String {
        format!("{}DlqUrl", self.prefix)
    }

    /// The output with the URL of its subscription's dead-letter queue.
    #[must_use]
    pub fn subscription_dlq(&self) -> String {
        format!("{}SubscriptionDlqUrl", self.prefix)
    }

    /// The outputs with the URLs of all its queues.
    #[must_use]
    pub fn all_queues(&self) -> [String; 3] {
        [self.queue(), self.dlq(), self.subscription_dlq()]
    }

    /// The output with its table's name.
    #[must_use]
    pub fn table(&self) -> String {
        format!("{}Table", self.prefix)
    }
}
