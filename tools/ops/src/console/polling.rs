//! Reads stack, queues and logs again and again, as long as somebody wants to see them.

use std::time::Duration;

use anyhow::Result;
use futures::future::join_all;
use tokio::time::{Instant, sleep};

use super::logs::LogReader;
use super::state::{Console, Seen, State};
use super::topology::Topology;

const QUEUES_EVERY: Duration = Duration::from_secs(2);
const LOGS_EVERY: Duration = Duration::from_secs(10);
const STACK_EVERY: Duration = Duration::from_secs(30);
/// After a failure the pause is this, and doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Reads as long as the console runs.
pub(super) async fn run(console: &Console) {
    let mut logs = LogReader::new(&console.sdk);
    tokio::join!(
        poll(
            console,
            STACK_EVERY,
            |state| &mut state.stack_seen,
            async || { read_stack(console).await }
        ),
        poll(
            console,
            QUEUES_EVERY,
            |state| &mut state.queues_seen,
            async || { read_queues(console).await }
        ),
        poll(
            console,
            LOGS_EVERY,
            |state| &mut state.logs_seen,
            async || { logs.read(console).await }
        ),
    );
}

/// The calls to AWS in a minute, while somebody watches.
pub(super) fn calls_per_minute(topology: &Topology) -> usize {
    let times = |every: Duration| usize::try_from(60 / every.as_secs()).expect("few");
    let of_stack = 1 + 3 * topology.subscribers.len();
    topology.queues().count() * times(QUEUES_EVERY)
        + topology.functions.len() * times(LOGS_EVERY)
        + of_stack * times(STACK_EVERY)
}

async fn poll(
    console: &Console,
    every: Duration,
    seen: impl Fn(&mut State) -> &mut Seen,
    mut read: impl AsyncFnMut() -> Result<()>,
) {
    let mut failures = 0;
    loop {
        console.wanted().await;
        let result = read().await.map_err(|error| format!("{error:#}"));
        failures = if result.is_ok() { 0 } else { failures + 1 };
        console.update(|state| seen(state).record(result));
        sleep(pause(every, failures)).await;
    }
}

fn pause(every: Duration, failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => every,
        Some(further) => (FIRST_PAUSE * 2_u32.pow(further.min(8))).min(LONGEST_PAUSE),
    }
}

async fn read_stack(console: &Console) -> Result<()> {
    let topology = Topology::read(&console.sdk, &console.stack).await?;
    console.update(|state| state.topology = Some(topology.into()));
    Ok(())
}

/// Reads each queue by itself: one that cannot be read hides no other.
async fn read_queues(console: &Console) -> Result<()> {
    let topology = console.topology().await;
    let depths = topology.queues().map(async |queue| (queue, queue.depth().await));
    let (now, mut problem) = (Instant::now(), None);
    for (queue, depth) in join_all(depths).await {
        match depth {
            Ok(depth) => console.update(|state| {
                state.depths.entry(queue.url.clone()).or_default().push(now, depth);
            }),
            Err(error) => problem = Some(error),
        }
    }
    problem.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use aws_mock::MockAws;

    use super::*;

    fn console() -> Console {
        let aws = MockAws::with_json(|operation, _| panic!("{operation} was called"));
        Console::of(&aws)
    }

    /// How often a source that always fails is read in 50 seconds.
    async fn failing_reads(console: &Console, is_watched: bool) -> usize {
        let mut reads = 0;
        let reading = poll(
            console,
            QUEUES_EVERY,
            |state| &mut state.queues_seen,
            async || {
                reads += 1;
                bail!("on purpose")
            },
        );
        let watching = async {
            for _ in 0..50 {
                if is_watched {
                    console.want();
                }
                sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! { () = reading => {} () = watching => {} }
        reads
    }

    #[tokio::test(start_paused = true)]
    async fn unwatched_console_reads_nothing() {
        let console = console();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(failing_reads(&console, false).await, 0);
        assert!(console.state().queues_seen.problem.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn failing_source_is_read_less_and_less() {
        // At once, then after 2, 4, 8 and 16 seconds; the next after 30.
        assert_eq!(failing_reads(&console(), true).await, 5);
    }

    #[test]
    fn pause_doubles_with_each_failure_up_to_half_a_minute() {
        let pauses = [0, 1, 2, 3, 4, 5, 40].map(|failures| pause(LOGS_EVERY, failures).as_secs());
        assert_eq!(pauses, [10, 2, 4, 8, 16, 30, 30]);
    }
}
