//! Calls the functions that decode and prepare a record, so that a panic fails only that record.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::RecordOutcome;

/// Calls a function; `None` if it panics.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

/// Decodes a body. Returns the event and its key, or the outcome of a record without them.
pub(crate) fn decode_body<Event, Error: Display, Key>(
    body: &str,
    decode: impl Fn(&str) -> Result<Event, Error>,
    key: impl Fn(&Event) -> Key,
) -> Result<(Key, Event), RecordOutcome> {
    let decoded = caught(|| {
        let event = decode(body).map_err(|error| error.to_string())?;
        Ok((key(&event), event))
    });
    decoded.unwrap_or_else(|| Err("decoding it panicked".to_owned())).map_err(RecordOutcome::Poison)
}

/// Prepares the item of an event. Returns the item, or the outcome of a record without one.
pub(crate) fn prepare_item<Event, Item>(
    event: &Event,
    prepare: impl Fn(&Event) -> Item,
) -> Result<Item, RecordOutcome> {
    caught(|| prepare(event))
        .ok_or_else(|| RecordOutcome::Poison("preparing it panicked".to_owned()))
}
