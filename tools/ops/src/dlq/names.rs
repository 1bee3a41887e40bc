//! Which dead-letter queues there are, and where each one's messages came from.

use std::fmt;

use anyhow::Result;
use aws_sdk_sqs::Client;
use clap::ValueEnum;

use crate::context::Context;
use crate::queue::Queue;

/// A dead-letter queue of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dlq {
    /// What fulfilment could not do.
    Fulfilment,
    /// What promotion could not do.
    Promotion,
    /// What invoicing could not do.
    Invoicing,
    /// What the topic could not put on fulfilment's queue.
    FulfilmentSubscription,
    /// What the topic could not put on promotion's queue.
    PromotionSubscription,
    /// What the topic could not put on invoicing's queue.
    InvoicingSubscription,
}

/// A queue that messages come to a dead-letter queue from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Fulfilment,
    Promotion,
    Invoicing,
}

impl Dlq {
    pub(crate) const ALL: [Self; 6] = [
        Self::Fulfilment,
        Self::Promotion,
        Self::Invoicing,
        Self::FulfilmentSubscription,
        Self::PromotionSubscription,
        Self::InvoicingSubscription,
    ];

    /// Whether it is a subscription's, which SQS cannot redrive.
    pub(crate) fn is_of_subscription(self) -> bool {
        matches!(
            self,
            Self::FulfilmentSubscription
                | Self::PromotionSubscription
                | Self::InvoicingSubscription
        )
    }

    /// The queue that its messages belong in.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Fulfilment | Self::FulfilmentSubscription => Source::Fulfilment,
            Self::Promotion | Self::PromotionSubscription => Source::Promotion,
            Self::Invoicing | Self::InvoicingSubscription => Source::Invoicing,
        }
    }

    /// The queue itself.
    pub(crate) fn queue(self, context: &Context) -> Result<Queue> {
        let output = match self {
            Self::Fulfilment => "FulfilmentDlqUrl",
            Self::Promotion => "PromotionDlqUrl",
            Self::Invoicing => "InvoicingDlqUrl",
            Self::FulfilmentSubscription => "FulfilmentSubscriptionDlqUrl",
            Self::PromotionSubscription => "PromotionSubscriptionDlqUrl",
            Self::InvoicingSubscription => "InvoicingSubscriptionDlqUrl",
        };
        at(context, output)
    }
}

impl fmt::Display for Dlq {
    /// As the command line has it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().expect("no variant is skipped").get_name().fmt(formatter)
    }
}

impl Source {
    pub(crate) const ALL: [Self; 3] = [Self::Fulfilment, Self::Promotion, Self::Invoicing];

    /// The queue itself.
    pub(crate) fn queue(self, context: &Context) -> Result<Queue> {
        let output = match self {
            Self::Fulfilment => "FulfilmentQueueUrl",
            Self::Promotion => "PromotionQueueUrl",
            Self::Invoicing => "InvoicingQueueUrl",
        };
        at(context, output)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fulfilment => "fulfilment",
            Self::Promotion => "promotion",
            Self::Invoicing => "invoicing",
        })
    }
}

fn at(context: &Context, output: &str) -> Result<Queue> {
    Ok(Queue { client: Client::new(&context.sdk), url: context.stack.output(output)?.to_owned() })
}
