//! Progress of long steps: a spinner with the elapsed time on a terminal, otherwise a line at the
//! start and the end.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::io::{AsyncBufRead, Lines};
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::ProcessGroup;

/// Where progress is shown.
#[derive(Clone, Copy, Debug)]
pub struct Progress;

/// How much of a failed step's output is shown.
const TAIL_LINES: usize = 20;

impl Progress {
    /// Runs a command to its end and shows its last line of output. If it fails, the error has its
    /// last lines.
    pub async fn command(self, what: &str, command: &mut Command) -> Result<()> {
        self.command_output(what, command).await.map(drop)
    }

    /// Like [`Self::command`], and returns its standard output.
    pub async fn command_output(self, what: &str, command: &mut Command) -> Result<String> {
        self.step(what, async |bar| {
            let Outcome { status, output, tail } = watch(command, bar).await?;
            ensure!(
                status.success(),
                "{what} failed ({status}):\n\n{}\n",
                Vec::from(tail).join("\n")
            );
            Ok(output)
        })
        .await
    }

    /// Runs a command to its end, showing its last line of output, and returns its standard output
    /// whatever the exit status.
    pub async fn command_outcome(self, what: &str, command: &mut Command) -> Result<String> {
        self.step(what, async |bar| Ok(watch(command, bar).await?.output)).await
    }

    /// Shows progress until the work is done.
    pub async fn step<T>(
        self,
        what: &str,
        work: impl AsyncFnOnce(&ProgressBar) -> Result<T>,
    ) -> Result<T> {
        let bar = ProgressBar::new_spinner();
        let start = Instant::now();
        if bar.is_hidden() {
            eprintln!("… {what}");
        } else {
            let style =
                ProgressStyle::with_template("{spinner} {prefix} {elapsed:.dim} {wide_msg:.dim}");
            bar.set_style(style.context("a progress template")?);
            bar.set_prefix(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        let result = work(&bar).await;
        bar.finish_and_clear();
        if result.is_ok() {
            eprintln!("✓ {what} ({:.1} s)", start.elapsed().as_secs_f64());
        }
        result
    }
}

/// How a command ended.
struct Outcome {
    status: ExitStatus,
    output: String,
    /// The last lines of standard output and standard error.
    tail: VecDeque<String>,
}

async fn watch(command: &mut Command, bar: &ProgressBar) -> Result<Outcome> {
    let (mut group, stdout, stderr) = ProcessGroup::spawn_piped(command)?;
    let (sender, mut lines) = mpsc::unbounded_channel();
    tokio::spawn(read_lines(stdout, true, sender.clone()));
    tokio::spawn(read_lines(stderr, false, sender));

    let (mut output, mut tail) = (String::new(), VecDeque::new());
    while let Some((is_stdout, line)) = lines.recv().await {
        bar.set_message(line.trim().to_owned());
        if is_stdout {
            output.push_str(&line);
            output.push('\n');
        }
        tail.push_back(line);
        if tail.len() > TAIL_LINES {
            tail.pop_front();
        }
    }
    Ok(Outcome { status: group.wait().await?, output, tail })
}

async fn read_lines(
    mut output: Lines<impl AsyncBufRead + Unpin>,
    is_stdout: bool,
    lines: mpsc::UnboundedSender<(bool, String)>,
) {
    while let Ok(Some(line)) = output.next_line().await {
        if lines.send((is_stdout, line)).is_err() {
            return;
        }
    }
}
