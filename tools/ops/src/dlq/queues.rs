//! The subscribers' queues, by the stack's outputs: `<Name>QueueUrl` makes `<name>` a subscriber,
//! with the dead-letter queues `<Name>DlqUrl` and `<Name>SubscriptionDlqUrl`.

use anyhow::{Result, ensure};
use aws_sdk_sqs::Client;

use crate::outcome::UsageError;
use crate::queue::Queue;
use crate::stack::Stack;

/// All queues of the stack, each list in alphabetical order of the subscribers.
#[derive(Debug)]
pub(crate) struct Queues {
    pub(crate) sources: Vec<SourceQueue>,
    /// Those of the subscribers, then those of their subscriptions.
    pub(crate) dlqs: Vec<Dlq>,
}

/// The queue that a subscriber's function receives from.
#[derive(Clone, Debug)]
pub(crate) struct SourceQueue {
    /// The subscriber's name.
    pub(crate) name: String,
    pub(crate) queue: Queue,
}

/// A dead-letter queue.
#[derive(Clone, Debug)]
pub(crate) struct Dlq {
    /// The name on the command line.
    pub(crate) name: String,
    pub(crate) queue: Queue,
    /// The queue to redrive to.
    pub(crate) source: SourceQueue,
    /// Whether it belongs to a subscription: SQS cannot redrive those.
    pub(crate) is_of_subscription: bool,
}

impl Dlq {
    /// Fails unless this queue and its source queue are both FIFO or both standard queues, as SQS
    /// requires of a redrive.
    pub(crate) fn check_kinds(&self) -> Result<()> {
        let kind = |queue: &Queue| if queue.is_fifo() { "FIFO" } else { "standard" };
        let (kind, source_kind) = (kind(&self.queue), kind(&self.source.queue));
        ensure!(
            kind == source_kind,
            "nothing is moved: the dead-letter queue {} is a {kind} queue, but the queue {} is a {source_kind} queue; \
             deploy the stack again, so that both are of one kind",
            self.name,
            self.source.name
        );
        Ok(())
    }
}

impl Queues {
    /// Finds the queues of every subscriber. Fails if the stack has none, or lacks an output of
    /// one.
    pub(crate) fn of(stack: &Stack, client: &Client) -> Result<Self> {
        let queue = |url: &str| Queue { client: client.clone(), url: url.to_owned() };
        let (mut sources, mut dlqs, mut subscription_dlqs) = (vec![], vec![], vec![]);
        for (output_prefix, url) in stack.outputs_ending_in("QueueUrl")? {
            let name = output_prefix.to_lowercase();
            let source = SourceQueue { name: name.clone(), queue: queue(url) };
            subscription_dlqs.push(Dlq {
                name: format!("{name}-subscription"),
                queue: queue(stack.output(&format!("{output_prefix}SubscriptionDlqUrl"))?),
                source: source.clone(),
                is_of_subscription: true,
            });
            dlqs.push(Dlq {
                name,
                queue: queue(stack.output(&format!("{output_prefix}DlqUrl"))?),
                source: source.clone(),
                is_of_subscription: false,
            });
            sources.push(source);
        }
        dlqs.extend(subscription_dlqs);
        Ok(Self { sources, dlqs })
    }

    /// The dead-letter queue of this name. The error lists the names.
    pub(crate) fn dlq(&self, name: &str) -> Result<&Dlq, UsageError> {
        self.dlqs.iter().find(|dlq| dlq.name == name).ok_or_else(|| {
            let names: Vec<_> = self.dlqs.iter().map(|dlq| dlq.name.as_str()).collect();
            UsageError(format!(
                "there is no dead-letter queue {name}; the stack has {}",
                names.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_mock::MockAws;

    use super::*;

    const OUTPUTS: [&str; 9] = [
        "OrdersTopicArn",
        "FulfilmentFunctionName",
        "FulfilmentTable",
        "PromotionQueueUrl",
        "PromotionDlqUrl",
        "PromotionSubscriptionDlqUrl",
        "FulfilmentQueueUrl",
        "FulfilmentDlqUrl",
        "FulfilmentSubscriptionDlqUrl",
    ];

    /// The queues of a stack with these outputs, each with its own name as its value.
    fn queues(outputs: &[&str]) -> Result<Queues> {
        let aws = MockAws::with_json(|operation, _| panic!("{operation} has no response"));
        let stack = Stack::with_outputs(outputs.iter().map(|output| (*output, *output)));
        Queues::of(&stack, &Client::new(&aws.sdk()))
    }

    #[test]
    fn queues_come_from_the_outputs_in_alphabetical_order() {
        let Queues { sources, dlqs } = queues(&OUTPUTS).unwrap();
        let sources: Vec<_> = sources.iter().map(|s| (s.name.as_str(), &*s.queue.url)).collect();
        assert_eq!(
            sources,
            [("fulfilment", "FulfilmentQueueUrl"), ("promotion", "PromotionQueueUrl")]
        );
        let dlqs: Vec<_> = dlqs
            .iter()
            .map(|dlq| {
                (&*dlq.name, &*dlq.queue.url, dlq.source.name.as_str(), dlq.is_of_subscription)
            })
            .collect();
        assert_eq!(
            dlqs,
            [
                ("fulfilment", "FulfilmentDlqUrl", "fulfilment", false),
                ("promotion", "PromotionDlqUrl", "promotion", false),
                ("fulfilment-subscription", "FulfilmentSubscriptionDlqUrl", "fulfilment", true),
                ("promotion-subscription", "PromotionSubscriptionDlqUrl", "promotion", true),
            ]
        );
    }

    #[test]
    fn unknown_queue_error_lists_the_names() {
        let queues = queues(&OUTPUTS).unwrap();
        assert_eq!(queues.dlq("promotion-subscription").unwrap().name, "promotion-subscription");
        for unknown in ["Promotion", "promotion-", "orders", ""] {
            let error = queues.dlq(unknown).unwrap_err().to_string();
            let names = "the stack has fulfilment, promotion, fulfilment-subscription, promotion-subscription";
            assert!(error.ends_with(names), "{error}");
        }
    }

    #[test]
    fn stack_of_another_template_is_an_error() {
        for (outputs, missing) in
            [(&[][..], "QueueUrl"), (&["LoyaltyQueueUrl"][..], "LoyaltySubscriptionDlqUrl")]
        {
            let error = queues(outputs).unwrap_err().to_string();
            assert!(error.contains(missing) && error.contains("another template"), "{error}");
        }
    }
}
