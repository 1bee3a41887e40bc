//! The figures as a table.

use std::ops::Range;

use comfy_table::{CellAlignment, Row, Table, presets};

use crate::benchmark::NO_OP;
use crate::result::{Measured, Run};

/// A cell's text, from a benchmark and the no-op.
type CellText = fn(&Measured, &Measured) -> Option<String>;

const COLUMNS: [(&str, CellText); 18] = [
    ("init ms", |of, _| Some(millis(of.init_us))),
    ("first ms", |of, _| Some(millis(of.first_us))),
    ("init + first, × no-op", |of, no_op| times(of.init_and_first_us, no_op.init_and_first_us)),
    ("first, × no-op", |of, no_op| times(of.first_us, no_op.first_us)),
    ("warm p50 µs", |of, _| Some(format!("{:.0}", of.warm_p50_us))),
    ("warm p50, × no-op", |of, no_op| times(of.warm_p50_us, no_op.warm_p50_us)),
    ("warm p99 µs", |of, _| Some(format!("{:.0}", of.warm_p99_us))),
    ("warm p50 until next, µs", |of, _| Some(format!("{:.0}", of.warm_until_next_p50_us))),
    ("CPU init ms", |of, _| of.cpu.map(|cpu| millis(cpu.init_us))),
    ("CPU first ms", |of, _| of.cpu.map(|cpu| millis(cpu.first_us))),
    ("CPU warm µs", |of, _| of.cpu.map(|cpu| format!("{:.0}", cpu.warm_us))),
    ("first at 128 / 256 / 512 MB, ms", |of, _| {
        let all: Vec<_> = of.first_at_mb_us.values().map(|first| millis(*first)).collect();
        (!all.is_empty()).then(|| all.join(" / "))
    }),
    ("init Minstr", |of, _| of.instructions.map(|count| mega(count.init))),
    ("first kinstr", |of, _| of.instructions.map(|count| kilo(count.first))),
    ("warm kinstr", |of, _| of.instructions.map(|count| kilo(count.warm))),
    ("RSS MB", |of, _| of.peak_resident_kib.map(|kib| format!("{:.1}", kib * 1024.0 / 1e6))),
    ("logged bytes", |of, _| Some(format!("{:.0}", of.log_bytes))),
    ("binary MB", |of, _| of.binary_bytes.map(mega)),
];

/// The header and a row for each benchmark.
pub(crate) fn rows(run: &Run) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let header = std::iter::once("").chain(COLUMNS.map(|(name, _)| name)).collect();
    let Some(no_op) = run.of(NO_OP) else { return (header, vec![]) };
    let row = |of: &Measured| {
        let cells =
            COLUMNS.map(|(_, text_of)| text_of(of, no_op).unwrap_or_else(|| "–".to_owned()));
        std::iter::once(of.name.clone()).chain(cells).collect()
    };
    (header, run.benchmarks.iter().map(row).collect())
}

/// An empty table for a terminal.
pub(crate) fn new<T: Into<Row>>(header: T) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    table
}

/// Aligns the columns of figures to the right.
pub(crate) fn align_right(table: &mut Table, columns: Range<usize>) {
    for column in table.column_iter_mut().skip(columns.start).take(columns.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// The table for a terminal, transposed: a figure per line, a benchmark per column.
pub(crate) fn text(run: &Run) -> String {
    let (header, rows) = rows(run);
    let names = std::iter::once(String::new()).chain(rows.iter().map(|row| row[0].clone()));
    let mut table = new(names.collect::<Vec<_>>());
    for (at, name) in header.iter().enumerate().skip(1) {
        let cells = rows.iter().map(|row| row[at].clone());
        table.add_row(std::iter::once((*name).to_owned()).chain(cells));
    }
    align_right(&mut table, 1..rows.len() + 1);
    table.to_string()
}

fn millis(micros: f64) -> String {
    format!("{:.2}", micros / 1e3)
}

fn times(of: f64, no_op: f64) -> Option<String> {
    (no_op > 0.0).then(|| format!("{:.2}", of / no_op))
}

#[expect(clippy::cast_precision_loss, reason = "two digits of it are shown")]
fn mega(count: u64) -> String {
    format!("{:.2}", count as f64 / 1e6)
}

fn kilo(count: u64) -> String {
    (count / 1000).to_string()
}
