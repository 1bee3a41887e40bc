//! The results of a run, as they are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::callgrind::Instructions;
use crate::growth::Growth;
use crate::machine::Machine;
use crate::sandbox::{SandboxRun, Times};
use crate::statistics::{median, percentile};
use crate::stub::Delays;

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The commit of the working tree, and whether there are uncommitted changes.
    pub(crate) commit: String,
    pub(crate) machine: Machine,
    /// The number of sandboxes behind each median.
    pub(crate) sandboxes: usize,
    /// How many warm invocations each sandbox had.
    pub(crate) warm_invocations: u32,
    /// The commit of the baseline, unless it was not measured.
    pub(crate) baseline: Option<String>,
    pub(crate) benchmarks: Vec<Measured>,
    /// How cost grows, unless it was not measured.
    pub(crate) growth: Option<Growth>,
    /// What could not be measured, and why.
    pub(crate) not_measured: Vec<String>,
}

/// One benchmark's results: medians over its sandboxes. Times are in microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) function: String,
    /// From the start of the process until it asks for its first event.
    pub(crate) init_us: f64,
    /// From sending the first event until its outcome.
    pub(crate) first_us: f64,
    pub(crate) init_and_first_us: f64,
    pub(crate) warm_p50_us: f64,
    pub(crate) warm_p99_us: f64,
    /// Until the function asks for the next event; the other times end with the answer.
    pub(crate) warm_until_next_p50_us: f64,
    pub(crate) cpu: Option<CpuTimes>,
    pub(crate) peak_resident_kib: Option<f64>,
    /// Bytes logged for one event.
    pub(crate) log_bytes: f64,
    pub(crate) binary_bytes: Option<u64>,
    pub(crate) instructions: Option<Instructions>,
    /// The first invocation with Lambda's CPU share, until the function asks for the next event, by
    /// memory size in MB.
    pub(crate) first_at_mb_us: BTreeMap<u32, f64>,
    /// How long it takes with services that take their time. Only of benchmarks that publish.
    pub(crate) with_delays: Vec<WithDelays>,
}

/// Medians over a benchmark's sandboxes, whose services respond after these delays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WithDelays {
    pub(crate) delays: Delays,
    pub(crate) first: Wait,
    /// Medians of each sandbox's median.
    pub(crate) warm: Wait,
}

/// How long an invocation takes, in microseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Wait {
    /// What a client waits for.
    pub(crate) until_answer_us: f64,
    /// What Lambda bills.
    pub(crate) until_next_us: f64,
}

/// CPU time.
#[expect(clippy::struct_field_names, reason = "the unit, as it is kept")]
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct CpuTimes {
    pub(crate) init_us: f64,
    pub(crate) first_us: f64,
    pub(crate) warm_us: f64,
}

impl Measured {
    /// The medians over the runs of a benchmark's sandboxes. There must be at least one.
    pub(crate) fn of(name: &str, function: &str, lives: &[SandboxRun]) -> Self {
        let over =
            |of: &dyn Fn(&SandboxRun) -> f64| median(&lives.iter().map(of).collect::<Vec<_>>());
        let warm = |life: &SandboxRun| {
            life.warm.iter().map(|times| micros(&times.until_answer)).collect::<Vec<_>>()
        };
        let Wait { until_next_us, .. } = warm_wait(lives);
        let cpu: Option<Vec<_>> = lives.iter().map(|life| life.cpu).collect();
        let cpu = cpu.map(|cpu| CpuTimes {
            init_us: median(&cpu.iter().map(|cpu| micros(&cpu.init)).collect::<Vec<_>>()),
            first_us: median(&cpu.iter().map(|cpu| micros(&cpu.first)).collect::<Vec<_>>()),
            warm_us: median(&cpu.iter().map(|cpu| micros(&cpu.warm)).collect::<Vec<_>>()),
        });
        #[expect(clippy::cast_precision_loss, reason = "kibibytes")]
        let resident: Option<Vec<_>> =
            lives.iter().map(|life| life.peak_resident_kib.map(|kib| kib as f64)).collect();
        Self {
            name: name.to_owned(),
            function: function.to_owned(),
            init_us: over(&|life| micros(&life.init)),
            first_us: over(&|life| micros(&life.first.until_answer)),
            init_and_first_us: over(&|life| micros(&(life.init + life.first.until_answer))),
            warm_p50_us: over(&|life| percentile(&warm(life), 0.5)),
            warm_p99_us: over(&|life| percentile(&warm(life), 0.99)),
            warm_until_next_p50_us: until_next_us,
            cpu,
            peak_resident_kib: resident.map(|resident| median(&resident)),
            log_bytes: over(&|life| life.log_bytes),
            binary_bytes: None,
            instructions: None,
            first_at_mb_us: BTreeMap::new(),
            with_delays: vec![],
        }
    }
}

impl WithDelays {
    /// The medians over the runs of a benchmark's sandboxes. There must be at least one.
    pub(crate) fn of(delays: Delays, lives: &[SandboxRun]) -> Self {
        let first = Wait::median(lives.iter().map(|life| &life.first));
        Self { delays, first, warm: warm_wait(lives) }
    }
}

impl Wait {
    fn median<'a>(times: impl Iterator<Item = &'a Times>) -> Self {
        let each = times.map(|times| (micros(&times.until_answer), micros(&times.until_next)));
        let (answer, next): (Vec<_>, Vec<_>) = each.unzip();
        Self { until_answer_us: median(&answer), until_next_us: median(&next) }
    }
}

fn warm_wait(lives: &[SandboxRun]) -> Wait {
    let medians: Vec<_> = lives.iter().map(|life| Wait::median(life.warm.iter())).collect();
    let over = |of: fn(&Wait) -> f64| median(&medians.iter().map(of).collect::<Vec<_>>());
    Wait {
        until_answer_us: over(|wait| wait.until_answer_us),
        until_next_us: over(|wait| wait.until_next_us),
    }
}

/// In microseconds.
pub(crate) fn micros(duration: &std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

impl Run {
    /// The benchmark with this name, if it was measured.
    pub(crate) fn of(&self, name: &str) -> Option<&Measured> {
        self.benchmarks.iter().find(|benchmark| benchmark.name == name)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::time::Duration;

    pub(crate) fn life(init_ms: u64, first_us: u64, warm_us: &[u64]) -> SandboxRun {
        let times = |us| Times {
            until_answer: Duration::from_micros(us),
            until_next: Duration::from_micros(us * 3),
        };
        SandboxRun {
            init: Duration::from_millis(init_ms),
            first: times(first_us),
            warm: warm_us.iter().copied().map(times).collect(),
            cpu: None,
            peak_resident_kib: Some(8 * 1024),
            log_bytes: 700.0,
        }
    }

    pub(crate) fn run(benchmarks: Vec<Measured>) -> Run {
        Run {
            commit: "0123456789ab".to_owned(),
            machine: Machine::this(),
            sandboxes: 1,
            warm_invocations: 1,
            baseline: None,
            benchmarks,
            growth: None,
            not_measured: vec![],
        }
    }

    #[test]
    fn figures_are_medians_over_sandboxes() {
        let lives = [
            life(1, 100, &[50, 60, 70]),
            life(9, 900, &[500, 600, 700]),
            life(2, 200, &[80, 90, 95]),
        ];
        let measured = Measured::of("orders: POST", "orders", &lives);
        let near = |one: f64, other: f64| (one - other).abs() < 1e-6;
        assert!(near(measured.init_us, 2_000.0) && near(measured.first_us, 200.0));
        assert!(near(measured.init_and_first_us, 2_200.0));
        assert!(near(measured.warm_p50_us, 90.0) && near(measured.warm_p99_us, 95.0));
        assert!(near(measured.warm_until_next_p50_us, 270.0));
        let WithDelays { first, warm, .. } = WithDelays::of(Delays::default(), &lives);
        assert!(near(first.until_answer_us, 200.0) && near(first.until_next_us, 600.0));
        assert!(near(warm.until_answer_us, 90.0) && near(warm.until_next_us, 270.0));
        assert_eq!(measured.peak_resident_kib, Some(8192.0));
        assert!(measured.cpu.is_none());
    }
}
