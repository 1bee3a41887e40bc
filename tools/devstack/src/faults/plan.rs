//! Which call meets which fault: those scheduled one by one, and random ones.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::watch;

use super::Fault;

/// The faults to inject.
#[derive(Debug, Default)]
pub(super) struct Plan {
    rules: Vec<Rule>,
    storm: Option<Storm>,
    met: BTreeMap<&'static str, u32>,
}

#[derive(Debug)]
struct Rule {
    operation: String,
    fault: Fault,
    left: u32,
    happened: watch::Sender<u32>,
}

#[derive(Debug)]
struct Storm {
    random: Rng,
    one_in: u32,
}

/// A fault for one call.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) fault: Fault,
    happened: Option<watch::Sender<u32>>,
}

impl Met {
    /// Notifies the caller that scheduled it.
    pub(super) fn happens(&self) {
        if let Some(happened) = &self.happened {
            happened.send_modify(|times| *times += 1);
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
    ) -> watch::Receiver<u32> {
        let (happened, seen) = watch::channel(0);
        self.rules.push(Rule { operation: operation.to_owned(), fault, left: times, happened });
        seen
    }

    /// From now on, one call in `one_in` meets a random fault that is possible for its operation.
    pub(super) fn storm(&mut self, seed: u64, one_in: u32) {
        self.storm = Some(Storm { random: Rng::with_seed(seed), one_in });
    }

    /// Stops injecting faults.
    pub(super) fn calm(&mut self) {
        self.rules.clear();
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
        Some(Met { fault: rule.fault, happened: Some(rule.happened.clone()) })
    }
}

impl Storm {
    const KINDS: [Fault; 7] = [
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
        possible.then_some(Met { fault, happened: None })
    }
}
