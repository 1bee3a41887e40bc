//! Targets for the figures, and whether they are met.

use comfy_table::{CellAlignment, Table, presets};

use crate::benchmark::{
    CONSUMERS, NO_OP, ORDERS, PYTHON_CONSUMER, PYTHON_ONE_BY_ONE, PYTHON_ORDERS,
};
use crate::result::{Measured, Run};

/// A figure with its limit (`must`) and its goal (`aim`).
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) found: f64,
    must: f64,
    aim: f64,
    better: Better,
    unit: &'static str,
}

/// Whether lower or higher is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Better {
    Less,
    More,
}

impl Target {
    fn at_most(
        what: impl Into<String>,
        found: f64,
        must: f64,
        aim: f64,
        unit: &'static str,
    ) -> Self {
        Self { what: what.into(), found, must, aim, better: Better::Less, unit }
    }

    fn at_least(what: impl Into<String>, found: f64, must: f64, aim: f64) -> Self {
        Self { what: what.into(), found, must, aim, better: Better::More, unit: "×" }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        let reached = |bound| match self.better {
            Better::Less => self.found <= bound,
            Better::More => self.found >= bound,
        };
        match (reached(self.must), reached(self.aim)) {
            (_, true) => "aim met",
            (true, false) => "met",
            (false, false) => "MISSED",
        }
    }

    /// The figure, its limit, its goal, and the verdict.
    pub(crate) fn row(&self) -> [String; 5] {
        let Self { what, found, must, aim, unit, better } = self;
        let sign = if *better == Better::Less { "≤" } else { "≥" };
        let bound = |bound: f64| format!("{sign} {bound} {unit}");
        [
            what.clone(),
            format!("{found:.2} {unit}"),
            bound(*must),
            bound(*aim),
            self.verdict().to_owned(),
        ]
    }
}

/// The headers of [`Target::row`].
pub(crate) const HEADER: [&str; 5] = ["", "found", "must", "aim", ""];

/// The targets that this run has figures for.
pub(crate) fn all(run: &Run) -> Vec<Target> {
    let mut all = vec![];
    let Some(no_op) = run.of(NO_OP) else { return all };
    if let Some(orders) = run.of(ORDERS) {
        over_the_no_op(&mut all, orders, no_op);
    }
    for consumer in CONSUMERS.iter().filter_map(|name| run.of(name)) {
        all.extend(warm_instructions(consumer, 1_600.0, 1_100.0));
        let what = format!("{}, warm p50 over the no-op's", consumer.name);
        all.push(Target::at_most(what, consumer.warm_p50_us / no_op.warm_p50_us, 5.0, 4.0, "×"));
    }
    let compared = [NO_OP, PYTHON_ORDERS, PYTHON_CONSUMER, PYTHON_ONE_BY_ONE];
    let ours = |benchmark: &&Measured| {
        !compared.contains(&&*benchmark.name) && benchmark.function != "no-op"
    };
    for benchmark in run
        .benchmarks
        .iter()
        .filter(ours)
        .filter(|benchmark| !benchmark.name.starts_with("SDK defaults"))
    {
        let first = benchmark.first_at_mb_us.get(&128);
        let what = format!("{}, first invocation at 128 MB", benchmark.name);
        all.extend(first.map(|first| Target::at_most(what, first / 1e3, 2.0, 1.45, "ms")));
    }
    if let Some((python, orders)) = run.of(PYTHON_ORDERS).zip(run.of(ORDERS)) {
        python_over(&mut all, python, orders);
    }
    for (python, how) in [(PYTHON_CONSUMER, "in one request"), (PYTHON_ONE_BY_ONE, "one by one")] {
        if let Some((python, consumer)) = run.of(python).zip(run.of(CONSUMERS[0])) {
            let what = format!("Python over fulfilment: warm p50, batch of 10, Python's {how}");
            all.push(Target::at_least(what, python.warm_p50_us / consumer.warm_p50_us, 20.0, 30.0));
        }
    }
    all
}

fn over_the_no_op(all: &mut Vec<Target>, orders: &Measured, no_op: &Measured) {
    let times = |what, found: f64, no_op: f64, must, aim| {
        Target::at_most(what, found / no_op, must, aim, "×")
    };
    all.push(times(
        "orders: init + first over the no-op's",
        orders.init_and_first_us,
        no_op.init_and_first_us,
        3.0,
        2.0,
    ));
    all.push(times(
        "orders: first invocation over the no-op's",
        orders.first_us,
        no_op.first_us,
        3.5,
        2.0,
    ));
    all.push(times(
        "orders: warm p50 over the no-op's",
        orders.warm_p50_us,
        no_op.warm_p50_us,
        9.0,
        6.0,
    ));
    all.extend(warm_instructions(orders, 2_200.0, 1_500.0));
    let resident = orders.peak_resident_kib.map(|kib| kib * 1024.0 / 1e6);
    all.extend(
        resident.map(|megabytes| Target::at_most("orders: RSS", megabytes, 10.0, 7.0, "MB")),
    );
    #[expect(clippy::cast_precision_loss, reason = "two digits of it are shown")]
    let binary = orders.binary_bytes.map(|bytes| bytes as f64 / 1e6);
    all.extend(
        binary
            .map(|megabytes| Target::at_most("orders: stripped binary", megabytes, 6.0, 4.0, "MB")),
    );
}

fn warm_instructions(benchmark: &Measured, must: f64, aim: f64) -> Option<Target> {
    #[expect(clippy::cast_precision_loss, reason = "thousands are shown")]
    let thousands = benchmark.instructions?.warm as f64 / 1e3;
    let what = format!("{}, instructions of a warm invocation", benchmark.name);
    Some(Target::at_most(what, thousands, must, aim, "thousand"))
}

fn python_over(all: &mut Vec<Target>, python: &Measured, orders: &Measured) {
    let pairs = [
        ("init", python.init_us, orders.init_us, 40.0, 50.0),
        ("first invocation", python.first_us, orders.first_us, 50.0, 75.0),
        ("warm p50", python.warm_p50_us, orders.warm_p50_us, 4.0, 5.0),
    ];
    for (what, python, orders, must, aim) in pairs {
        all.push(Target::at_least(
            format!("Python over orders: {what}"),
            python / orders,
            must,
            aim,
        ));
    }
    if let Some((python, orders)) = python.peak_resident_kib.zip(orders.peak_resident_kib) {
        all.push(Target::at_least("Python over orders: RSS", python / orders, 5.0, 8.0));
    }
}

/// The targets as a table for a terminal.
pub(crate) fn text(run: &Run) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(HEADER);
    for target in all(run) {
        table.add_row(target.row());
    }
    for column in table.column_iter_mut().skip(1).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_is_missed_met_or_aim_met() {
        let less = |found| Target::at_most("", found, 3.0, 2.0, "×").verdict();
        assert_eq!((less(3.1), less(3.0), less(2.0)), ("MISSED", "met", "aim met"));
        let more = |found| Target::at_least("", found, 40.0, 50.0).verdict();
        assert_eq!((more(39.9), more(40.0), more(50.0)), ("MISSED", "met", "aim met"));
    }

    #[test]
    fn target_row_shows_the_direction() {
        let row = Target::at_least("Python over orders: init", 61.25, 40.0, 50.0).row();
        assert_eq!(row, ["Python over orders: init", "61.25 ×", "≥ 40 ×", "≥ 50 ×", "aim met"]);
    }
}
