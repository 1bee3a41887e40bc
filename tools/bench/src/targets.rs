//! Targets for the figures, and whether they are met.

use crate::benchmark::{
    BASELINE_FULFILMENT, BASELINE_ORDERS, DEFAULT_SDK, FULFILMENT, ORDERS, PYTHON_ORDERS,
};
use crate::measure::REMOTE;
use crate::page::table;
use crate::result::{Measured, Run, Wait};

/// A figure, and what it should be at most.
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    what: String,
    found: f64,
    must: f64,
    aim: Option<f64>,
    unit: &'static str,
}

impl Target {
    fn new(what: impl Into<String>, found: f64, [must, aim]: [f64; 2], unit: &'static str) -> Self {
        Self { what: what.into(), found, must, aim: Some(aim), unit }
    }

    fn without_aim(what: impl Into<String>, found: f64, must: f64, unit: &'static str) -> Self {
        Self { what: what.into(), found, must, aim: None, unit }
    }

    fn verdict(&self) -> &'static str {
        let is_aim_met = self.aim.is_some_and(|aim| self.found <= aim);
        match self.found <= self.must {
            true if is_aim_met => "aim met",
            true => "met",
            false => "MISSED",
        }
    }

    /// The figure, its limit, its goal, and the verdict.
    pub(crate) fn row(&self) -> [String; 5] {
        let Self { what, found, must, aim, unit } = self;
        [
            what.clone(),
            format!("{found:.*} {unit}", if *must < 1.0 { 3 } else { 2 }),
            format!("≤ {must} {unit}"),
            aim.map_or_else(|| "–".to_owned(), |aim| format!("≤ {aim} {unit}")),
            self.verdict().to_owned(),
        ]
    }
}

/// The headers of [`Target::row`].
pub(crate) const HEADER: [&str; 5] = ["", "found", "must", "aim", ""];

/// The targets that this run has figures for.
pub(crate) fn all(run: &Run) -> Vec<Target> {
    let mut all = waits(run);
    all.extend(cpu(run));
    for function in run.benchmarks.iter().filter(|benchmark| is_ours(benchmark)) {
        let Some(first) = function.first_at_mb_us.get(&128) else { continue };
        let what = format!("{}: first invocation at 128 MB, until the next event", function.name);
        all.push(Target::new(what, first / 1e3, [1.45, 1.2], "ms"));
    }
    if let Some(orders) = run.of(ORDERS) {
        all.extend(sizes(orders));
    }
    all
}

/// Whether it is one of the functions, and not what they are compared with.
fn is_ours(benchmark: &Measured) -> bool {
    let compared = ["no-op", "Python", "SDK defaults", "Baseline"];
    !compared.iter().any(|name| benchmark.name.starts_with(name))
}

/// How long a client waits for `POST /orders`.
fn waits(run: &Run) -> Vec<Target> {
    let remote = |name| {
        let with_delays = &run.of(name)?.with_delays;
        with_delays.iter().find(|measured| measured.delays == REMOTE).map(|found| found.warm)
    };
    let mut targets = vec![];
    if let Some(Wait { until_answer_us, until_next_us }) = remote(ORDERS) {
        let what = format!("{ORDERS}: until the answer over all three calls, {REMOTE} ms services");
        targets.push(Target::new(what, until_answer_us / until_next_us, [0.3, 0.25], "×"));
        if let Some(python) = remote(PYTHON_ORDERS) {
            let what = format!("{ORDERS}: until the answer over Python's, {REMOTE} ms services");
            let found = until_answer_us / python.until_answer_us;
            targets.push(Target::new(what, found, [0.25, 0.2], "×"));
        }
    }
    if let Some((orders, defaults)) = run.of(ORDERS).zip(run.of(DEFAULT_SDK)) {
        let what = format!("{ORDERS}: until the answer over the SDK defaults'");
        let found = orders.warm_p50_us / defaults.warm_p50_us;
        targets.push(Target::new(what, found, [0.4, 0.3], "×"));
        let what = format!("{ORDERS}: until the first answer over the SDK defaults'");
        let found = orders.first_us / defaults.first_us;
        targets.push(Target::new(what, found, [0.04, 0.02], "×"));
    }
    targets
}

/// CPU time of a warm invocation over the baseline's.
fn cpu(run: &Run) -> impl Iterator<Item = Target> {
    let pairs =
        [(ORDERS, BASELINE_ORDERS, [0.78, 0.7]), (FULFILMENT, BASELINE_FULFILMENT, [0.85, 0.75])];
    pairs.into_iter().filter_map(|(name, baseline, goals)| {
        let (ours, before) = run.of(name)?.cpu.zip(run.of(baseline)?.cpu)?;
        let what = format!("{name}: CPU time over the baseline's");
        Some(Target::new(what, ours.warm_us / before.warm_us, goals, "×"))
    })
}

#[expect(clippy::cast_precision_loss, reason = "two digits of millions are shown")]
fn sizes(orders: &Measured) -> Vec<Target> {
    let mut targets = vec![];
    if let Some(count) = orders.instructions {
        let what = format!("{ORDERS}: instructions of a warm invocation");
        targets.push(Target::new(what, count.warm as f64 / 1e3, [1_950.0, 1_750.0], "thousand"));
    }
    if let Some(kib) = orders.peak_resident_kib {
        targets.push(Target::without_aim("orders: RSS", kib * 1024.0 / 1e6, 9.0, "MB"));
    }
    if let Some(bytes) = orders.binary_bytes {
        targets.push(Target::without_aim("orders: binary", bytes as f64 / 1e6, 6.3, "MB"));
    }
    targets
}

/// The targets as a table for a terminal.
pub(crate) fn text(run: &Run) -> String {
    let mut table = table::new(HEADER);
    for target in all(run) {
        table.add_row(target.row());
    }
    table::align_right(&mut table, 1..4);
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_is_missed_met_or_aim_met() {
        let verdict = |found| Target::new("", found, [3.0, 2.0], "×").verdict();
        assert_eq!((verdict(3.1), verdict(3.0), verdict(2.0)), ("MISSED", "met", "aim met"));
        let verdict = |found| Target::without_aim("", found, 9.0, "MB").verdict();
        assert_eq!((verdict(9.1), verdict(8.3)), ("MISSED", "met"));
    }

    #[test]
    fn small_ratios_have_three_digits() {
        let row = Target::new("orders", 0.0123, [0.04, 0.02], "×").row();
        assert_eq!(row, ["orders", "0.012 ×", "≤ 0.04 ×", "≤ 0.02 ×", "aim met"]);
    }
}
