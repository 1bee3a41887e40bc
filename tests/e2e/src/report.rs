//! The result of a long test with its own `main`.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

/// Prints the labelled counts and the first 20 problems, and writes the counts to `file` as JSON.
pub fn report<'a>(
    rows: &[(String, String)],
    file: Option<&Path>,
    problems: impl IntoIterator<Item = &'a String>,
) -> Result<()> {
    for (what, count) in rows {
        println!("{what:<60} {count:>12}");
    }
    if let Some(file) = file {
        std::fs::write(file, serde_json::to_string_pretty(rows)?)?;
    }
    for problem in problems.into_iter().take(20) {
        eprintln!("  {problem}");
    }
    Ok(())
}

/// The row of the time that the test took.
#[must_use]
pub fn time_row(time: Duration) -> (String, String) {
    ("Time".to_owned(), format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60))
}
