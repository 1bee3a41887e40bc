//! The time that an invocation has.

use std::time::{Duration, SystemTime};

/// The time reserved for ending an invocation: for its answer, or its log lines.
const MARGIN: Duration = Duration::from_millis(200);
/// The time for an invocation without a deadline, or whose deadline has passed before it began, as
/// under `cargo lambda watch`, which dates all deadlines to 1970.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

/// Returns how long an invocation may work, a little less than until its deadline.
#[must_use]
pub fn time_to_work(deadline: Option<SystemTime>) -> Duration {
    let left = deadline.and_then(|deadline| deadline.duration_since(SystemTime::now()).ok());
    left.unwrap_or(WITHOUT_DEADLINE).saturating_sub(MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_to_work_ends_before_the_deadline() {
        let left = time_to_work(Some(SystemTime::now() + Duration::from_secs(2))).as_millis();
        assert!((1_000..=1_800).contains(&left), "{left} ms");
        let without = Duration::from_millis(9_800);
        assert_eq!(time_to_work(None), without);
        assert_eq!(time_to_work(Some(SystemTime::UNIX_EPOCH)), without);
    }
}
