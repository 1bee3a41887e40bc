//! The precision of times in rows and events.

use jiff::Timestamp;

/// Returns `time` without its fraction of a second. Rows and events contain whole seconds only,
/// because they are compared as text: "…:00.5Z" would sort before "…:00Z".
#[must_use]
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).expect("the second of a timestamp is in range")
}
