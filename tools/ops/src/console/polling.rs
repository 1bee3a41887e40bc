//! Reads stack, queues and logs again and again, as long as somebody wants to see them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures::future::try_join_all;
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

/// Reads for ever.
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
    console.update(|state| state.topology = Some(Arc::new(topology)));
    Ok(())
}

async fn read_queues(console: &Console) -> Result<()> {
    let topology = console.topology().await;
    let depths = topology.queues().map(async |queue| {
        let depth = queue.depth().await?;
        anyhow::Ok((queue.url.clone(), depth))
    });
    let depths = try_join_all(depths).await?;
    let now = Instant::now();
    console.update(|state| {
        for (url, depth) in depths {
            state.depths.entry(url).or_default().push(now, depth);
        }
    });
    Ok(())
}

impl Console {
    /// The stack's parts, once they are known.
    pub(super) async fn topology(&self) -> Arc<Topology> {
        let mut readings = self.readings();
        loop {
            if let Some(topology) = self.state().topology.clone() {
                return topology;
            }
            // The console owns the sender.
            let _ = readings.changed().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_doubles_with_each_failure_up_to_half_a_minute() {
        let pauses = [0, 1, 2, 3, 4, 5, 40].map(|failures| pause(LOGS_EVERY, failures).as_secs());
        assert_eq!(pauses, [10, 2, 4, 8, 16, 30, 30]);
    }
}
