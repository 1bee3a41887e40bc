//! What the console knows of the stack. Pollers write it, pages read it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::history::History;
use super::messages::Messages;
use super::topology::Topology;
use crate::dlq::Dlq;
use crate::interrupt::Interrupt;
use crate::queue::Depth;
use crate::rate_limit::RateLimit;

/// The console of one stack.
#[derive(Debug)]
pub(super) struct Console {
    pub(super) sdk: SdkConfig,
    pub(super) stack: String,
    /// The options with which `ops` reaches the same stack.
    pub(super) target: String,
    pub(super) allow_changes: bool,
    pub(super) rate_limit: RateLimit,
    pub(super) interrupt: Interrupt,
    /// Every change must present this token, which only the console's own pages contain.
    pub(super) token: String,
    /// Differs from that of any other console: a page of another one reloads itself.
    pub(super) id: String,
    /// By the dead-letter queue's name: reading hides messages from another reader, and from a
    /// redrive.
    queues: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    state: Mutex<State>,
    /// Changes with every reading.
    readings: watch::Sender<()>,
    /// Until when somebody wants readings.
    wanted_until: watch::Sender<Instant>,
}

/// The latest readings.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) topology: Option<Arc<Topology>>,
    /// By the queue's URL.
    pub(super) depths: BTreeMap<String, Depths>,
    pub(super) history: History,
    pub(super) stack_seen: Seen,
    pub(super) queues_seen: Seen,
    pub(super) logs_seen: Seen,
    /// By the dead-letter queue's name.
    pub(super) messages: BTreeMap<String, Messages>,
    /// The latest change of each dead-letter queue, by its name.
    pub(super) changes: BTreeMap<String, Change>,
}

/// When a source was last read, and why not since.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) at: Option<Timestamp>,
    pub(super) problem: Option<String>,
}

/// A queue's depths of the last half minute, the newest last.
#[derive(Clone, Debug, Default)]
pub(super) struct Depths(VecDeque<(Instant, Depth)>);

/// A redrive or a purge.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) text: String,
    pub(super) is_running: bool,
}

/// Readings go on for this long after the last request. An open page renews its request.
const WANTED_FOR: Duration = Duration::from_secs(20);
/// How long a page waits for a first reading before it is shown without.
const PATIENCE: Duration = Duration::from_secs(3);
const TREND: Duration = Duration::from_secs(30);
/// A shorter observation is no trend.
const SHORTEST_TREND: Duration = Duration::from_secs(8);
/// Readings that are older are not current. The slowest are made every half minute.
const CURRENT_SECONDS: i64 = 40;

impl Console {
    pub(super) fn new(
        sdk: SdkConfig,
        stack: &str,
        target: String,
        allow_changes: bool,
        rate_limit: RateLimit,
        interrupt: Interrupt,
    ) -> Self {
        Self {
            sdk,
            stack: stack.to_owned(),
            target,
            allow_changes,
            rate_limit,
            interrupt,
            token: Uuid::new_v4().to_string(),
            id: Uuid::new_v4().to_string(),
            queues: Mutex::default(),
            state: Mutex::default(),
            readings: watch::channel(()).0,
            wanted_until: watch::channel(Instant::now()).0,
        }
    }

    /// A read-only console of a stack that is not found yet.
    #[cfg(test)]
    pub(super) fn of(aws: &aws_mock::MockAws) -> Self {
        let rate_limit = RateLimit::of(std::num::NonZeroU32::MIN);
        Self::new(aws.sdk(), "a-stack", String::new(), false, rate_limit, Interrupt::fixed(false))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and lets open pages know.
    pub(super) fn update<T>(&self, update: impl FnOnce(&mut State) -> T) -> T {
        let updated = update(&mut self.state());
        self.readings.send_replace(());
        updated
    }

    /// The dead-letter queue with this name.
    pub(super) fn dlq(&self, name: &str) -> Option<Dlq> {
        self.state().topology.as_ref()?.dlqs().find(|dlq| dlq.name == name).cloned()
    }

    /// A receiver that changes with every reading.
    pub(super) fn readings(&self) -> watch::Receiver<()> {
        self.readings.subscribe()
    }

    /// Asks for readings for a while.
    pub(super) fn want(&self) {
        self.wanted_until.send_replace(Instant::now() + WANTED_FOR);
    }

    /// Waits until somebody wants readings. An unwatched console asks nothing of AWS.
    pub(super) async fn wanted(&self) {
        let mut until = self.wanted_until.subscribe();
        // The console owns the sender.
        let _ = until.wait_for(|until| *until > Instant::now()).await;
    }

    /// Asks for readings, and waits a moment for current ones.
    pub(super) async fn refresh(&self) {
        self.want();
        let mut readings = self.readings();
        let current = async {
            while !self.state().is_current(Timestamp::now()) {
                let _ = readings.changed().await;
            }
        };
        // A page without them says so.
        let _ = timeout(PATIENCE, current).await;
    }

    /// A lock for the readers and changes of a dead-letter queue.
    pub(super) fn queue(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(name.to_owned()).or_default())
    }

    /// Waits until no change is running and nothing that a page read is still hidden. Returns the
    /// results of the changes that were running.
    pub(super) async fn wait_for_work(&self) -> Vec<String> {
        let running = |state: &State| {
            let changes = state.changes.iter().filter(|(_, change)| change.is_running);
            changes.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let (mut readings, names) = (self.readings(), running(&self.state()));
        while !running(&self.state()).is_empty() {
            let _ = readings.changed().await;
        }
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for queue in queues.into_values() {
            drop(queue.lock().await);
        }
        let state = self.state();
        names.iter().map(|name| format!("{name}: {}", state.changes[name].text)).collect()
    }

    /// The stack's parts, once they are known.
    pub(super) async fn topology(&self) -> Arc<Topology> {
        let mut readings = self.readings();
        loop {
            if let Some(topology) = self.state().topology.clone() {
                return topology;
            }
            // The console owns the sender.
            let _ = readings.changed().await;
        }
    }
}

impl State {
    fn is_current(&self, now: Timestamp) -> bool {
        let are_current = [&self.stack_seen, &self.queues_seen, &self.logs_seen]
            .iter()
            .all(|seen| seen.is_current(now) || seen.problem.is_some());
        are_current || self.stack_seen.problem.is_some()
    }
}

impl Seen {
    /// Records that the source was read or not.
    pub(super) fn record(&mut self, result: Result<(), String>) {
        self.problem = result.err();
        if self.problem.is_none() {
            self.at = Some(Timestamp::now());
        }
    }

    fn is_current(&self, now: Timestamp) -> bool {
        self.at.is_some_and(|at| now.as_second() - at.as_second() <= CURRENT_SECONDS)
    }

    /// What a page says about a source that is not current: `queues: last seen 12s ago`.
    pub(super) fn note(&self, source: &str, now: Timestamp) -> Option<String> {
        let problem = self.problem.as_deref();
        let since = match self.at {
            Some(at) if problem.is_some() || !self.is_current(now) => {
                format!("last seen {} ago", crate::output::age(at, now))
            }
            Some(_) => return None,
            None if problem.is_some() => "not seen yet".to_owned(),
            None => "reading…".to_owned(),
        };
        Some(problem.map_or_else(
            || format!("{source}: {since}"),
            |problem| format!("{source}: {since}; {problem}"),
        ))
    }
}

impl Depths {
    pub(super) fn push(&mut self, now: Instant, depth: Depth) {
        self.0.retain(|(at, _)| now - *at <= TREND);
        self.0.push_back((now, depth));
    }

    pub(super) fn last(&self) -> Option<Depth> {
        self.0.back().map(|(_, depth)| *depth)
    }

    /// Whether messages arrive faster than they leave: more are waiting than before, and at no time
    /// in between none.
    pub(super) fn is_growing(&self) -> bool {
        let (Some((start, first)), Some((end, last))) = (self.0.front(), self.0.back()) else {
            return false;
        };
        *end - *start >= SHORTEST_TREND
            && last.visible > first.visible
            && self.0.iter().all(|(_, depth)| depth.visible > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_grows_if_more_wait_and_none_was_a_moment_ago() {
        let depths = |visible: &[u64]| {
            let mut depths = Depths::default();
            let start = Instant::now();
            for (visible, second) in visible.iter().zip(0..) {
                let depth = Depth { visible: *visible, in_flight: 0 };
                depths.push(start + Duration::from_secs(4 * second), depth);
            }
            depths.is_growing()
        };
        assert!(depths(&[1, 2, 3]) && depths(&[5, 9, 6]));
        assert!(!depths(&[]) && !depths(&[9]) && !depths(&[1, 2]), "too short");
        assert!(!depths(&[3, 2, 1]) && !depths(&[3, 3, 3]) && !depths(&[1, 0, 3]));
        assert!(!depths(&[1, 9, 9, 9, 9, 9, 9, 9, 9, 9]), "the growth is over");
    }

    #[test]
    fn stale_reading_says_how_old_it_is() {
        let now = Timestamp::from_second(1_000).unwrap();
        let at = |seconds: i64| Some(Timestamp::from_second(1_000 - seconds).unwrap());
        let note = |at, problem: Option<&str>| {
            Seen { at, problem: problem.map(str::to_owned) }.note("queues", now)
        };
        assert_eq!(note(at(2), None), None);
        assert_eq!(note(at(41), None).as_deref(), Some("queues: last seen 41s ago"));
        let refused = note(at(2), Some("refused"));
        assert_eq!(refused.as_deref(), Some("queues: last seen 2s ago; refused"));
        assert_eq!(note(None, Some("no")).as_deref(), Some("queues: not seen yet; no"));
        assert_eq!(note(None, None).as_deref(), Some("queues: reading…"));
    }
}
