//! The console's pages, from compiled-in templates. Askama escapes everything; `visible` also replaces
//! characters that would hide or reorder text.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use jiff::{SignedDuration, Timestamp};

// Some of these are used by the templates only.
use super::history::{Failure, start, time_to_fulfilled};
use super::latency::{self, Latency};
use super::messages::{MOST, ShownBody};
use super::polling::calls_per_minute;
use super::state::{Console, State};
use super::topology::Topology;
use super::waterfall::{AXIS, waterfall};
use crate::dlq::{Dlq, ShownMessage};
use crate::escape::lines as visible;
use crate::log_line::LogLine;
use crate::queue::{Depth, Queue};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    console: &'a Console,
    state: &'a State,
    now: Timestamp,
    latency: Option<Latency>,
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage<'a> {
    console: &'a Console,
    state: &'a State,
    now: Timestamp,
    id: &'a str,
    lines: Option<&'a BTreeSet<LogLine>>,
}

#[derive(Template)]
#[template(path = "dlq.html")]
struct DlqPage<'a> {
    console: &'a Console,
    state: &'a State,
    now: Timestamp,
    dlq: &'a Dlq,
    shown: &'a ShownBody,
}

const ORDERS_SHOWN: usize = 20;

/// The page with the picture of the flow and the last orders.
pub(super) fn overview(console: &Console) -> String {
    let (state, now) = (&*console.state(), Timestamp::now());
    let latency = Latency::of(state.history.times_to_fulfilled(), now);
    render(&Overview { console, state, now, latency })
}

/// The page with an order's waterfall.
pub(super) fn order(console: &Console, id: &str) -> String {
    let (state, now) = (&*console.state(), Timestamp::now());
    render(&OrderPage { console, state, now, id, lines: state.history.order(id) })
}

/// The page with a dead-letter queue's messages, as they were last read.
pub(super) fn dlq(console: &Console, dlq: &Dlq, shown: &ShownBody) -> String {
    let (state, now) = (&*console.state(), Timestamp::now());
    render(&DlqPage { console, state, now, dlq, shown })
}

fn render(page: &impl Template) -> String {
    page.render().expect("rendering to a string fails only if a value's Display does")
}

impl State {
    /// What cannot be seen at the moment.
    fn notes(&self, now: Timestamp) -> Vec<String> {
        let sources =
            [("stack", &self.stack_seen), ("queues", &self.queues_seen), ("logs", &self.logs_seen)];
        // Without the stack, nothing else can be read.
        let known = if self.topology.is_some() { 3 } else { 1 };
        sources
            .into_iter()
            .take(known)
            .filter_map(|(source, seen)| seen.note(source, now))
            .collect()
    }

    fn topology(&self) -> Option<&Topology> {
        self.topology.as_ref().map(Arc::as_ref)
    }

    fn depth(&self, queue: &Queue) -> Option<Depth> {
        self.depths.get(&queue.url)?.last()
    }

    fn waiting(&self, queue: &Queue) -> Option<u64> {
        self.depth(queue).map(|depth| depth.visible)
    }

    fn in_flight(&self, queue: &Queue) -> Option<u64> {
        self.depth(queue).map(|depth| depth.in_flight)
    }

    fn is_growing(&self, queue: &Queue) -> bool {
        self.depths.get(&queue.url).is_some_and(super::state::Depths::is_growing)
    }

    /// How many messages a dead-letter queue holds.
    fn dead(&self, dlq: &Dlq) -> Option<u64> {
        self.depth(&dlq.queue).map(|depth| depth.visible + depth.in_flight)
    }

    fn sample(&self, dlq: &Dlq) -> Option<&Result<Vec<ShownMessage>, String>> {
        self.messages.get(&dlq.name).map(|messages| &messages.sample)
    }

    fn failures(&self, function: &str) -> usize {
        self.history.failures(function).count()
    }

    fn last_failure(&self, function: &str) -> Option<&Failure> {
        self.history.failures(function).max_by_key(|failure| failure.time)
    }
}

impl Dlq {
    fn title(&self) -> &'static str {
        if self.is_of_subscription { "subscription DLQ" } else { "DLQ" }
    }
}

/// A time of the day, UTC.
fn clock(time: &Timestamp) -> String {
    time.strftime("%H:%M:%S%.3f").to_string()
}

/// A duration to the millisecond: `1s 250ms`.
fn duration_text(duration: &SignedDuration) -> String {
    let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    format!("{:#}", SignedDuration::from_millis(milliseconds))
}

/// A number that may not be known yet.
fn known(number: Option<u64>) -> String {
    number.map_or_else(|| "?".to_owned(), |number| number.to_string())
}
