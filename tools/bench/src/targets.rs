//! Targets for the figures, and whether they are met.

use crate::benchmark::{
    FULFILMENT, NO_OP, ORDERS, PYTHON_FULFILMENT, PYTHON_ONE_BY_ONE, PYTHON_ORDERS, SUBSCRIBERS,
};
use crate::page::table;
use crate::result::{Measured, Run};
use Goal::{AtLeast, AtMost};

/// A figure, and what it should be.
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    what: String,
    found: f64,
    goal: Goal,
    unit: &'static str,
}

/// The limit (`must`) and the goal (`aim`) of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    AtMost { must: f64, aim: f64 },
    AtLeast { must: f64, aim: f64 },
}

impl Target {
    fn new(what: impl Into<String>, found: f64, goal: Goal, unit: &'static str) -> Self {
        Self { what: what.into(), found, goal, unit }
    }

    fn verdict(&self) -> &'static str {
        let (is_met, is_aim_met) = match self.goal {
            AtMost { must, aim } => (self.found <= must, self.found <= aim),
            AtLeast { must, aim } => (self.found >= must, self.found >= aim),
        };
        match (is_met, is_aim_met) {
            (_, true) => "aim met",
            (true, false) => "met",
            (false, false) => "MISSED",
        }
    }

    /// The figure, its limit, its goal, and the verdict.
    pub(crate) fn row(&self) -> [String; 5] {
        let Self { what, found, goal, unit } = self;
        let (sign, must, aim) = match goal {
            AtMost { must, aim } => ("≤", must, aim),
            AtLeast { must, aim } => ("≥", must, aim),
        };
        [
            what.clone(),
            format!("{found:.2} {unit}"),
            format!("{sign} {must} {unit}"),
            format!("{sign} {aim} {unit}"),
            self.verdict().to_owned(),
        ]
    }
}

/// The headers of [`Target::row`].
pub(crate) const HEADER: [&str; 5] = ["", "found", "must", "aim", ""];

/// The targets that this run has figures for.
pub(crate) fn all(run: &Run) -> Vec<Target> {
    let Some(no_op) = run.of(NO_OP) else { return vec![] };
    let mut all = vec![];
    if let Some(orders) = run.of(ORDERS) {
        all.extend(orders_over_the_no_op(orders, no_op));
    }
    for subscriber in SUBSCRIBERS.iter().filter_map(|name| run.of(name)) {
        all.extend(warm_instructions(subscriber, AtMost { must: 1_600.0, aim: 1_100.0 }));
        let what = format!("{}, warm p50 over the no-op's", subscriber.name);
        let found = subscriber.warm_p50_us / no_op.warm_p50_us;
        all.push(Target::new(what, found, AtMost { must: 5.0, aim: 4.0 }, "×"));
    }
    for function in run.benchmarks.iter().filter(|benchmark| is_ours(benchmark)) {
        let Some(first) = function.first_at_mb_us.get(&128) else { continue };
        let what = format!("{}, first invocation at 128 MB", function.name);
        all.push(Target::new(what, first / 1e3, AtMost { must: 2.0, aim: 1.45 }, "ms"));
    }
    if let Some((python, orders)) = run.of(PYTHON_ORDERS).zip(run.of(ORDERS)) {
        all.extend(python_over_orders(python, orders));
    }
    let pythons = [(PYTHON_FULFILMENT, "in one request"), (PYTHON_ONE_BY_ONE, "one by one")];
    for (python, how) in pythons {
        let Some((python, ours)) = run.of(python).zip(run.of(FULFILMENT)) else { continue };
        let what = format!("Python over fulfilment: warm p50, batch of 10, Python's {how}");
        let found = python.warm_p50_us / ours.warm_p50_us;
        all.push(Target::new(what, found, AtLeast { must: 20.0, aim: 30.0 }, "×"));
    }
    all
}

/// Whether it is one of the functions, and not what they are compared with.
fn is_ours(benchmark: &Measured) -> bool {
    let compared = ["no-op", "Python", "SDK defaults"];
    !compared.iter().any(|name| benchmark.name.starts_with(name))
}

fn orders_over_the_no_op(orders: &Measured, no_op: &Measured) -> Vec<Target> {
    let over =
        |what, of: fn(&Measured) -> f64, goal| Target::new(what, of(orders) / of(no_op), goal, "×");
    let init_and_first = "orders: init + first over the no-op's";
    let first = "orders: first invocation over the no-op's";
    let warm = "orders: warm p50 over the no-op's";
    let mut targets = vec![
        over(init_and_first, |of| of.init_and_first_us, AtMost { must: 3.0, aim: 2.0 }),
        over(first, |of| of.first_us, AtMost { must: 3.5, aim: 2.0 }),
        over(warm, |of| of.warm_p50_us, AtMost { must: 9.0, aim: 6.0 }),
    ];
    targets.extend(warm_instructions(orders, AtMost { must: 2_200.0, aim: 1_500.0 }));
    if let Some(kib) = orders.peak_resident_kib {
        let megabytes = kib * 1024.0 / 1e6;
        targets.push(Target::new("orders: RSS", megabytes, AtMost { must: 10.0, aim: 7.0 }, "MB"));
    }
    if let Some(bytes) = orders.binary_bytes {
        #[expect(clippy::cast_precision_loss, reason = "two digits of it are shown")]
        let megabytes = bytes as f64 / 1e6;
        let goal = AtMost { must: 6.0, aim: 4.0 };
        targets.push(Target::new("orders: stripped binary", megabytes, goal, "MB"));
    }
    targets
}

fn warm_instructions(benchmark: &Measured, goal: Goal) -> Option<Target> {
    #[expect(clippy::cast_precision_loss, reason = "thousands are shown")]
    let thousands = benchmark.instructions?.warm as f64 / 1e3;
    let what = format!("{}, instructions of a warm invocation", benchmark.name);
    Some(Target::new(what, thousands, goal, "thousand"))
}

fn python_over_orders(python: &Measured, orders: &Measured) -> Vec<Target> {
    let over = |what, python, orders, goal| {
        Target::new(format!("Python over orders: {what}"), python / orders, goal, "×")
    };
    let first = AtLeast { must: 50.0, aim: 75.0 };
    let mut targets = vec![
        over("init", python.init_us, orders.init_us, AtLeast { must: 40.0, aim: 50.0 }),
        over("first invocation", python.first_us, orders.first_us, first),
        over("warm p50", python.warm_p50_us, orders.warm_p50_us, AtLeast { must: 4.0, aim: 5.0 }),
    ];
    if let Some((python, orders)) = python.peak_resident_kib.zip(orders.peak_resident_kib) {
        targets.push(over("RSS", python, orders, AtLeast { must: 5.0, aim: 8.0 }));
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
        let less = |found| Target::new("", found, AtMost { must: 3.0, aim: 2.0 }, "×").verdict();
        assert_eq!((less(3.1), less(3.0), less(2.0)), ("MISSED", "met", "aim met"));
        let goal = AtLeast { must: 40.0, aim: 50.0 };
        let more = |found| Target::new("", found, goal, "×").verdict();
        assert_eq!((more(39.9), more(40.0), more(50.0)), ("MISSED", "met", "aim met"));
    }

    #[test]
    fn target_row_shows_the_direction() {
        let goal = AtLeast { must: 40.0, aim: 50.0 };
        let row = Target::new("Python over orders: init", 61.25, goal, "×").row();
        assert_eq!(row, ["Python over orders: init", "61.25 ×", "≥ 40 ×", "≥ 50 ×", "aim met"]);
    }
}
