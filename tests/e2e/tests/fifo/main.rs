//! A stack with `Fifo=true`: each customer's orders take effect in the order in which they were
//! accepted, whatever fails. The functions reach AWS through a fault proxy, whose log of calls has
//! the order of the effects.

mod accepted;
mod failing;
mod poison;
mod relay;
mod repeated;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use aws_sdk_sqs::types::QueueAttributeName;
use clap::Parser;
use e2e::{Deployment, FaultStack, FifoIds, OrderEvent};
use futures::future::join;

/// Check the order of effects on a new stack with a FIFO topic and FIFO queues.
#[derive(Debug, Parser)]
struct Options {
    /// The file for the result, as JSON.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// A label and what was seen.
pub(crate) type Row = (String, String);

/// How long a failed message waits for its next try: more than an invocation takes on a busy machine
/// (the functions' timeout is two seconds), and not so long that three tries take minutes.
const VISIBILITY_SECONDS: u64 = 6;

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let stack = FaultStack::start(&["Fifo=true"]).await?;
    let start = Instant::now();
    for subscriber in stack.shop.subscribers() {
        let visibility = QueueAttributeName::VisibilityTimeout;
        stack.shop.set_queue_number(&subscriber.queue(), visibility, VISIBILITY_SECONDS).await;
    }
    stack.proxy.record();
    let mut rows = vec![];
    rows.extend(accepted::orders_of_a_customer_take_effect_in_order(&stack).await);
    rows.extend(accepted::next_order_is_published_after_a_slow_one(&stack).await);
    rows.extend(accepted::repeated_request_publishes_before_its_answer(&stack).await);
    rows.extend(failing::failing_insert_stops_its_customer_alone(&stack).await);
    let (always_failing, repeated) = join(
        failing::order_that_always_fails_is_dead_lettered_alone(&stack),
        repeated::repeated_event_has_one_effect(&stack),
    )
    .await;
    rows.extend([always_failing, repeated].concat());
    rows.extend(poison::poison_is_dead_lettered_alone(&stack).await);
    rows.extend(poison::message_without_a_group_is_poison(&stack).await);
    rows.extend(repeated::only_an_operator_repeats_an_order(&stack).await);
    rows.extend(relay::relay_publishes_the_oldest_first(&stack).await);
    rows.push(e2e::time_row(start.elapsed()));
    e2e::report(&rows, options.report.as_deref(), [])
}

pub(crate) fn row(what: &str, seen: usize) -> Row {
    (what.to_owned(), seen.to_string())
}

/// The events of `count` new orders of $81.50, which every subscriber gets.
pub(crate) fn events(count: usize) -> Vec<OrderEvent> {
    (0..count).map(|_| OrderEvent::of("81.50")).collect()
}

/// Sends bodies to a queue in one request, each in its group.
pub(crate) async fn send(shop: &Deployment, queue: &str, messages: &[(&str, String)]) {
    let bodies: Vec<_> = messages.iter().map(|(_, body)| body.clone()).collect();
    let ids = messages.iter().map(|(group, _)| FifoIds::new_of_group(group)).collect();
    shop.send_together_with(queue, &bodies, ids).await;
}

/// The effects on these orders that a subscriber's table shows in the proxy's log.
pub(crate) fn effects_of(stack: &FaultStack, table: &str, events: &[OrderEvent]) -> Vec<String> {
    let mut effects = e2e::effects(&stack.proxy.recorded(), stack.shop.output(table));
    effects.retain(|id| events.iter().any(|event| event.order_id == *id));
    effects
}

pub(crate) fn ids(events: &[OrderEvent]) -> Vec<String> {
    events.iter().map(|event| event.order_id.clone()).collect()
}
