//! The precision of times in rows and events.

use jiff::Timestamp;

/// Returns `time` without its fraction of a second. Rows and events contain whole seconds only,
/// because they are compared as text: "…:00.5Z" would sort before "…:00Z".
#[must_use]
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).expect("the second of a timestamp is in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fraction_of_a_second_is_cut_off() {
        let cut_off = |time: &str| whole_seconds(time.parse().unwrap()).to_string();
        assert_eq!(cut_off("2026-11-22T10:00:00.999Z"), "2026-11-22T10:00:00Z");
        assert_eq!(cut_off("2026-11-22T10:00:01Z"), "2026-11-22T10:00:01Z");
    }
}
