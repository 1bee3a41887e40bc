//! When an invocation's work must end.

use std::time::{Duration, SystemTime};

use lambda_runtime::Context;
use tokio::time::Instant;

/// The time reserved for the response to reach Lambda. Work that would exceed it is reported to SQS
/// as failed.
const ANSWER_MARGIN: Duration = Duration::from_millis(200);
/// `cargo lambda watch` dates all deadlines to 1970.
const YEAR_2001_MS: u64 = 1_000_000_000_000;
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

/// Returns when an invocation's work must end so that the response still reaches Lambda: 200 ms
/// before the function's timeout. Without a real deadline, as under `cargo lambda watch`, the
/// timeout counts as 10 s from now.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let mut context = lambda_runtime::Context::default();
/// let timeout = SystemTime::now() + Duration::from_secs(30);
/// context.deadline = timeout.duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as u64;
///
/// let time_for_work = sqs_batch::work_deadline(&context) - tokio::time::Instant::now();
/// assert!(time_for_work > Duration::from_secs(29));
/// assert!(time_for_work <= Duration::from_millis(29_800));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn work_deadline(context: &Context) -> Instant {
    let time_left = if context.deadline < YEAR_2001_MS {
        WITHOUT_DEADLINE
    } else {
        context.deadline().duration_since(SystemTime::now()).unwrap_or_default()
    };
    Instant::now() + time_left.saturating_sub(ANSWER_MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_deadline_falls_back_without_a_real_deadline() {
        let time_for_work = |deadline: u64| {
            let mut context = Context::default();
            context.deadline = deadline;
            work_deadline(&context) - Instant::now()
        };
        assert_eq!(time_for_work(YEAR_2001_MS), Duration::ZERO);
        assert_eq!(time_for_work(YEAR_2001_MS - 1), Duration::from_millis(9_800));
        assert!(time_for_work(4 * YEAR_2001_MS) > WITHOUT_DEADLINE);
    }
}
