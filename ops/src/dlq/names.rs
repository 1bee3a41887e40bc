//! Which dead-letter queues there are, and where each one's messages came from.

use std::fmt;

use anyhow::Result;
use aws_sdk_sqs::Client;
use clap::ValueEnum;

use crate::operator::Operator;
use crate::queue::Queue;

/// A dead-letter queue of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dlq {
    /// What fulfilment could not do.
    Fulfilment,
    /// What promotion could not do.
    Promotion,
    /// What the topic could not put on fulfilment's queue.
    FulfilmentSubscription,
    /// What the topic could not put on promotion's queue.
    PromotionSubscription,
}

/// A queue that messages come to a dead-letter queue from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Fulfilment,
    Promotion,
}

impl Dlq {
    pub(crate) const ALL: [Self; 4] =
        [Self::Fulfilment, Self::Promotion, Self::FulfilmentSubscription, Self::PromotionSubscription];

    /// Whether it is a subscription's, which SQS cannot redrive.
    pub(crate) fn is_of_subscription(self) -> bool {
        matches!(self, Self::FulfilmentSubscription | Self::PromotionSubscription)
    }

    /// The queue that its messages belong in.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Fulfilment | Self::FulfilmentSubscription => Source::Fulfilment,
            Self::Promotion | Self::PromotionSubscription => Source::Promotion,
        }
    }

    /// The queue itself.
    pub(crate) fn queue(self, operator: &Operator) -> Result<Queue> {
        let output = match self {
            Self::Fulfilment => "FulfilmentDlqUrl",
            Self::Promotion => "PromotionDlqUrl",
            Self::FulfilmentSubscription => "FulfilmentSubscriptionDlqUrl",
            Self::PromotionSubscription => "PromotionSubscriptionDlqUrl",
        };
        at(operator, output)
    }
}

impl fmt::Display for Dlq {
    /// As the command line has it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().expect("no variant is skipped").get_name().fmt(formatter)
    }
}

impl Source {
    pub(crate) const ALL: [Self; 2] = [Self::Fulfilment, Self::Promotion];

    /// The queue itself.
    pub(crate) fn queue(self, operator: &Operator) -> Result<Queue> {
        let output = match self {
            Self::Fulfilment => "FulfilmentQueueUrl",
            Self::Promotion => "PromotionQueueUrl",
        };
        at(operator, output)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fulfilment => "fulfilment",
            Self::Promotion => "promotion",
        })
    }
}

fn at(operator: &Operator, output: &str) -> Result<Queue> {
    Ok(Queue { client: Client::new(&operator.sdk), url: operator.stack.output(output)?.to_owned() })
}
