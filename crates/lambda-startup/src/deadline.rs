//! The time that an invocation has.

use std::time::{Duration, SystemTime};

/// The time reserved for ending an invocation: for its answer, or its log lines.
const MARGIN: Duration = Duration::from_millis(100);
/// From 1970. `cargo lambda watch` dates all deadlines to 1970.
const YEAR_2001: Duration = Duration::from_secs(1_000_000_000);
/// The time for an invocation without a real deadline.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(10);

/// Returns how long an invocation may work: until 100 ms before its deadline. Without a deadline, or
/// with one before 2001, it is 9.9 s.
#[must_use]
pub fn time_to_work(deadline: Option<SystemTime>) -> Duration {
    let is_real = |deadline: &SystemTime| *deadline > SystemTime::UNIX_EPOCH + YEAR_2001;
    let left = deadline
        .filter(is_real)
        .map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default());
    left.unwrap_or(WITHOUT_DEADLINE).saturating_sub(MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_to_work_ends_before_the_deadline() {
        let left = time_to_work(Some(SystemTime::now() + Duration::from_secs(2))).as_millis();
        assert!((1_000..=1_900).contains(&left), "{left} ms");
        let passed = SystemTime::now() - Duration::from_secs(2);
        assert_eq!(time_to_work(Some(passed)), Duration::ZERO);
        let without = Duration::from_millis(9_900);
        assert_eq!(time_to_work(None), without);
        for unreal in [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + YEAR_2001] {
            assert_eq!(time_to_work(Some(unreal)), without);
        }
    }
}
