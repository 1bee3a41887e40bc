//! The dead-letter queues, and the source queue of each.

use std::fmt;

use anyhow::Result;
use aws_sdk_sqs::Client;
use clap::ValueEnum;

use crate::context::Context;
use crate::queue::Queue;

/// A dead-letter queue of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dlq {
    /// Messages that fulfilment failed.
    Fulfilment,
    /// Messages that promotion failed.
    Promotion,
    /// Messages that invoicing failed.
    Invoicing,
    /// Messages that the topic could not deliver to fulfilment's queue.
    FulfilmentSubscription,
    /// Messages that the topic could not deliver to promotion's queue.
    PromotionSubscription,
    /// Messages that the topic could not deliver to invoicing's queue.
    InvoicingSubscription,
}

/// The queue whose messages end in a dead-letter queue.
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

    /// Whether it belongs to a subscription: SQS cannot redrive those.
    pub(crate) fn is_of_subscription(self) -> bool {
        matches!(
            self,
            Self::FulfilmentSubscription
                | Self::PromotionSubscription
                | Self::InvoicingSubscription
        )
    }

    /// The queue to redrive to.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Fulfilment | Self::FulfilmentSubscription => Source::Fulfilment,
            Self::Promotion | Self::PromotionSubscription => Source::Promotion,
            Self::Invoicing | Self::InvoicingSubscription => Source::Invoicing,
        }
    }

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
    /// The command line's name for it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().expect("no variant is skipped").get_name().fmt(formatter)
    }
}

impl Source {
    pub(crate) const ALL: [Self; 3] = [Self::Fulfilment, Self::Promotion, Self::Invoicing];

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
