//! Instructions by function: `cargo xtask bench --profile`.

use anyhow::Result;
use comfy_table::Table;
use devstack::Progress;

use crate::benchmark::Benchmark;
use crate::callgrind::Callgrind;
use crate::page::table;
use crate::profile::Costs;
use crate::stub::Stub;

/// How many functions to print.
const SHOWN: usize = 25;
/// A name with all its type parameters may fill a screen.
const LONGEST_NAME: usize = 100;

/// Prints the functions with the most instructions in each benchmark. The binaries must have symbol
/// names.
pub(crate) async fn print(benchmarks: &[Benchmark], stub: &Stub) -> Result<()> {
    let callgrind = Callgrind::find().await?;
    for benchmark in benchmarks {
        let Some(bootstrap) = benchmark.program.bootstrap() else { continue };
        let what = format!("Counting instructions of {}", benchmark.name);
        let count = async |_: &_| callgrind.of(benchmark, bootstrap, stub).by_function().await;
        let [init, warm] = Progress.step(&what, count).await?;
        println!("\n{}, start\n{}", benchmark.name, costs_table(&init));
        println!("\n{}, warm invocation\n{}", benchmark.name, costs_table(&warm));
    }
    Ok(())
}

fn costs_table(costs: &Costs) -> Table {
    let total: u64 = costs.values().sum();
    let mut most: Vec<_> = costs.iter().collect();
    most.sort_by(|(_, one), (_, other)| other.cmp(one));
    let mut table = table::new(["instructions", "%", "function"]);
    table.add_row([total.to_string(), "100.0".to_owned(), "all".to_owned()]);
    for (function, cost) in most.into_iter().take(SHOWN) {
        #[expect(clippy::cast_precision_loss, reason = "a tenth of a percent is shown")]
        let share = 100.0 * *cost as f64 / total as f64;
        let name: String = function.chars().take(LONGEST_NAME).collect();
        table.add_row([cost.to_string(), format!("{share:.1}"), name]);
    }
    table::align_right(&mut table, 0..2);
    table
}
