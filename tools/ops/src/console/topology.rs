//! The parts of the stack and how they are connected, by its outputs and subscriptions.

use anyhow::Result;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use topic::{Filter, Subscriptions};

use crate::amount_filter::AmountFilter;
use crate::dlq::{Dlq, Queues};
use crate::queue::Queue;
use crate::stack::{Stack, log_group};

/// The stack's parts.
#[derive(Debug)]
pub(super) struct Topology {
    pub(super) subscribers: Vec<Subscriber>,
    /// The short names of all functions, each with its log group.
    pub(super) functions: Vec<(String, String)>,
}

/// A subscriber and what belongs to it.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) queue: Queue,
    pub(super) dlqs: Vec<Dlq>,
    /// Its function's name in log lines.
    pub(super) function: String,
    /// Its table's output.
    pub(super) table: String,
    /// Which orders its subscription lets through, such as `amount >= 80`.
    pub(super) filter: String,
}

/// Longer policies are cut off.
const FILTER_CHARACTERS: usize = 44;

impl Topology {
    /// Reads the stack's outputs and its subscriptions' filter policies.
    pub(super) async fn read(sdk: &SdkConfig, name: &str) -> Result<Self> {
        let stack = Stack::read(sdk, name).await?;
        let queues = Queues::of(&stack, &Client::new(sdk))?;
        let subscriptions = Subscriptions::of(sdk, stack.output("OrdersTopicArn")?.to_owned());
        let mut subscribers = vec![];
        for (prefix, source) in stack.outputs_ending_in("QueueUrl")?.into_keys().zip(queues.sources)
        {
            let filter = subscriptions.filter_of(&source.queue.arn().await?).await;
            let own = |dlq: &&Dlq| dlq.source.name == source.name;
            subscribers.push(Subscriber {
                dlqs: queues.dlqs.iter().filter(own).cloned().collect(),
                queue: source.queue,
                function: without_stack(stack.output(&format!("{prefix}FunctionName"))?, name),
                table: format!("{prefix}Table"),
                filter: match filter {
                    Ok(Some(filter)) => text(&filter),
                    Ok(None) => "not subscribed".to_owned(),
                    Err(_) => "filter not readable".to_owned(),
                },
            });
        }
        let functions = stack.functions()?.into_values();
        Ok(Self {
            subscribers,
            functions: functions
                .map(|function| (without_stack(function, name), log_group(function)))
                .collect(),
        })
    }

    /// Those of all subscribers.
    pub(super) fn dlqs(&self) -> impl Iterator<Item = &Dlq> {
        self.subscribers.iter().flat_map(|subscriber| &subscriber.dlqs)
    }

    /// All queues.
    pub(super) fn queues(&self) -> impl Iterator<Item = &Queue> {
        let sources = self.subscribers.iter().map(|subscriber| &subscriber.queue);
        sources.chain(self.dlqs().map(|dlq| &dlq.queue))
    }
}

/// A resource's name without the stack's name before it.
fn without_stack(name: &str, stack: &str) -> String {
    let rest = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-'));
    rest.unwrap_or(name).to_owned()
}

fn text(filter: &Filter) -> String {
    match AmountFilter::read(filter) {
        Ok(AmountFilter::Everything) => return "every order".to_owned(),
        Ok(filter) => return filter.to_string().replacen("of", "amount", 1),
        Err(_) => {}
    }
    let policy = filter.policy.as_deref().unwrap_or_default();
    policy.chars().take(FILTER_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_is_shown_in_words_or_as_it_is() {
        let text =
            |policy: Option<&str>| text(&Filter { policy: policy.map(str::to_owned), scope: None });
        assert_eq!(text(None), "every order");
        assert_eq!(text(Some(r#"{"amount": [{"numeric": [">=", 80]}]}"#)), "amount >= 80");
        assert_eq!(text(Some(r#"{"type": ["a"]}"#)), r#"{"type": ["a"]}"#);
        assert_eq!(text(Some(&"x".repeat(90))).len(), FILTER_CHARACTERS);
    }

    #[test]
    fn names_are_shown_without_the_stack() {
        assert_eq!(without_stack("shop-dev-orders", "shop-dev"), "orders");
        assert_eq!(without_stack("shop-development-orders", "shop-dev"), "shop-development-orders");
        assert_eq!(without_stack("orders", "shop-dev"), "orders");
    }
}
