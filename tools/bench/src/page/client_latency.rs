//! The part of the page on client latency.

use std::fmt::Write;

use anyhow::Result;

use crate::result::{Run, Wait};

const TEXT: &str = "\
Two times in ms: until the answer, for which a client waits, and until the function asks for the next event, which Lambda
bills. DynamoDB and SNS respond at once, or after so many milliseconds (DynamoDB/SNS). *First* is the first invocation of a
sandbox, after its start. No client waits for fulfilment: the time of its batches limits a queue's throughput. *FIFO* is a
stack with `Fifo=true`: orders publishes before it answers, and a customer's orders are inserted one after the other.";

/// Writes a table with a row for each benchmark with delays, or nothing if none was measured.
pub(super) fn write(page: &mut String, run: &Run) -> Result<()> {
    let measured = run.benchmarks.iter().filter(|measured| !measured.with_delays.is_empty());
    let measured: Vec<_> = measured.collect();
    let Some(any) = measured.first() else { return Ok(()) };
    writeln!(page, "\n## Client latency\n\n{TEXT}\n")?;
    let columns = any.with_delays.iter().map(|found| {
        let delays = found.delays.to_string();
        let delays = if delays == "0/0" { "at once".to_owned() } else { format!("{delays} ms") };
        format!("first, {delays} | warm, {delays}")
    });
    let columns: Vec<_> = columns.collect();
    writeln!(page, "| | {} |\n|---|{}", columns.join(" | "), "--:|--:|".repeat(columns.len()))?;
    for measured in measured {
        let cells = measured.with_delays.iter().flat_map(|found| [found.first, found.warm]);
        let cells: Vec<_> = cells.map(cell).collect();
        writeln!(page, "| {} | {} |", measured.name, cells.join(" | "))?;
    }
    Ok(())
}

fn cell(Wait { until_answer_us, until_next_us }: Wait) -> String {
    format!("{:.2}, {:.2}", until_answer_us / 1e3, until_next_us / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::REMOTE;
    use crate::result::{
        Measured, WithDelays,
        tests::{life, run},
    };
    use crate::stub::Delays;

    #[test]
    fn client_latency_has_a_row_for_each_function() {
        let lives = [life(1, 1_200, &[400])];
        let mut orders = Measured::of("orders: POST", "orders", &lives);
        let with_delays = [Delays::default(), REMOTE].map(|delays| WithDelays::of(delays, &lives));
        orders.with_delays = with_delays.into();
        let mut page = String::new();
        write(&mut page, &run(vec![orders])).unwrap();
        let table: Vec<_> = page.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(
            table,
            [
                "| | first, at once | warm, at once | first, 5/15 ms | warm, 5/15 ms |",
                "|---|--:|--:|--:|--:|",
                "| orders: POST | 1.20, 3.60 | 0.40, 1.20 | 1.20, 3.60 | 0.40, 1.20 |",
            ]
        );
    }

    #[test]
    fn nothing_is_written_without_measurements() {
        let mut page = String::new();
        write(&mut page, &run(vec![])).unwrap();
        assert_eq!(page, "");
    }
}
