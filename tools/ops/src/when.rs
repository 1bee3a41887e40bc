//! A time, as the operator enters it.

use jiff::{SignedDuration, Timestamp};

/// Parses an RFC 3339 time, or a duration before now.
pub(crate) fn when(text: &str) -> Result<Timestamp, &'static str> {
    const WRONG: &str =
        "it must be a time such as 2026-11-22T10:00:00Z or a duration such as 2h or 90m";
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let ago: SignedDuration = text.parse().map_err(|_| WRONG)?;
    if ago.is_negative() {
        return Err(WRONG);
    }
    // Orders are placed at whole seconds: truncated, the time includes orders of its own second.
    let now = Timestamp::from_second(Timestamp::now().as_second())
        .expect("the second of a timestamp is in range");
    now.checked_sub(ago).map_err(|_| WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_time_is_parsed() {
        assert_eq!(when("2026-11-22T10:00:00Z"), Ok("2026-11-22T10:00:00Z".parse().unwrap()));
        assert_eq!(when("2026-11-22T11:00:00+01:00"), Ok("2026-11-22T10:00:00Z".parse().unwrap()));
    }

    #[test]
    fn duration_is_relative_to_now() {
        for (text, seconds) in [("2h", 7_200), ("90m", 5_400), ("1h 30m", 5_400), ("0s", 0)] {
            let ago = Timestamp::now().as_second() - when(text).unwrap().as_second();
            assert!((seconds..seconds + 5).contains(&ago), "{text} is {ago} s ago");
        }
    }

    #[test]
    fn invalid_time_is_rejected() {
        for text in ["", "yesterday", "2026-11-22", "-2h", "2h ago", "2", "9999999999h"] {
            assert!(when(text).is_err(), "{text}");
        }
    }
}
