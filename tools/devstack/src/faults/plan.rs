//! Which call meets which fault: those scheduled one by one, and random ones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::watch;

use super::{Fault, statements};

/// The faults to inject.
#[derive(Debug, Default)]
pub(super) struct Plan {
    rules: Vec<Rule>,
    failing_inserts: Vec<FailingInsert>,
    storm: Option<Storm>,
    met: BTreeMap<&'static str, u32>,
}

#[derive(Debug)]
struct Rule {
    operation: String,
    fault: Fault,
    left: u32,
    times: watch::Sender<Times>,
}

/// How often a scheduled fault was injected.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// Calls that met it.
    pub(super) met: u32,
    /// Those that it is done with: a response is lost once the service has sent it.
    pub(super) done: u32,
}

/// An insert that fails, although its call does not.
#[derive(Debug)]
struct FailingInsert {
    table: String,
    order_id: String,
    left: u32,
}

#[derive(Debug)]
pub(super) struct Storm {
    random: Rng,
    one_in: u32,
}

/// A fault for one call.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) fault: Fault,
    times: Option<watch::Sender<Times>>,
}

impl Met {
    /// Notifies the caller that scheduled it.
    pub(super) fn complete(&self) {
        if let Some(times) = &self.times {
            times.send_modify(|times| times.done += 1);
        }
    }

    /// Takes it back: the service gave no response that could be lost.
    pub(super) fn cancel(&self) {
        if let Some(times) = &self.times {
            times.send_modify(|times| times.met -= 1);
        }
    }
}

impl Plan {
    /// Schedules a fault for the next `times` calls of an operation.
    pub(super) fn arrange(
        &mut self,
        operation: &str,
        fault: Fault,
        times: u32,
    ) -> watch::Receiver<Times> {
        let (sender, seen) = watch::channel(Times::default());
        let operation = operation.to_owned();
        self.rules.push(Rule { operation, fault, left: times, times: sender });
        seen
    }

    /// Fails the next `times` inserts of an order into a table.
    pub(super) fn fail_insert(&mut self, table: &str, order_id: &str, times: u32) {
        let (table, order_id) = (table.to_owned(), order_id.to_owned());
        self.failing_inserts.push(FailingInsert { table, order_id, left: times });
    }

    /// The positions of a call's statements that fail.
    pub(super) fn failing_statements(&mut self, body: &[u8]) -> BTreeSet<usize> {
        if self.failing_inserts.is_empty() {
            return BTreeSet::new();
        }
        let inserts = statements::inserts(body);
        let mut fails = |(table, order_id): &(String, String)| {
            let failing = self.failing_inserts.iter_mut().find(|failing| {
                failing.left > 0 && failing.table == *table && failing.order_id == *order_id
            });
            failing.is_some_and(|failing| {
                failing.left -= 1;
                true
            })
        };
        (0..inserts.len()).filter(|position| fails(&inserts[*position])).collect()
    }

    /// From now on, one call in `one_in` meets a random fault that is possible for its operation.
    pub(super) fn storm(&mut self, seed: u64, one_in: u32) {
        self.storm = Some(Storm { random: Rng::with_seed(seed), one_in });
    }

    /// Stops injecting faults.
    pub(super) fn calm(&mut self) {
        self.rules.clear();
        self.failing_inserts.clear();
        self.storm = None;
    }

    /// How many calls met a fault so far, by the fault's name.
    pub(super) fn met(&self) -> BTreeMap<&'static str, u32> {
        self.met.clone()
    }

    /// The fault for the next call of an operation, if any.
    pub(super) fn meet(&mut self, operation: &str) -> Option<Met> {
        let met = self.arranged(operation).or_else(|| self.storm.as_mut()?.strike(operation))?;
        *self.met.entry(met.fault.name()).or_default() += 1;
        Some(met)
    }

    fn arranged(&mut self, operation: &str) -> Option<Met> {
        let rule =
            self.rules.iter_mut().find(|rule| rule.operation == operation && rule.left > 0)?;
        rule.left -= 1;
        rule.times.send_modify(|times| times.met += 1);
        Some(Met { fault: rule.fault, times: Some(rule.times.clone()) })
    }
}

impl Storm {
    pub(super) const KINDS: [Fault; 7] = [
        Fault::Refuse,
        Fault::Delay(Duration::from_millis(250)),
        Fault::Throttle,
        Fault::Fail,
        Fault::LoseAnswer,
        Fault::WithholdAnswer,
        Fault::Conflict,
    ];

    fn strike(&mut self, operation: &str) -> Option<Met> {
        if self.random.u32(0..self.one_in) > 0 {
            return None;
        }
        let fault = self.random.choice(Self::KINDS)?;
        // Only transactions can report a conflict.
        let possible = fault != Fault::Conflict || operation == "TransactWriteItems";
        possible.then_some(Met { fault, times: None })
    }
}
