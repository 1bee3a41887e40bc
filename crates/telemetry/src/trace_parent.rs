//! W3C Trace Context (`traceparent`, version 00).

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

/// A trace and one of its spans, which the receiver continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    trace_id: TraceId,
    span_id: SpanId,
    flags: u8,
}

/// A trace's id: one order, from the request to the last subscriber. 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(NonZeroU128);

/// A span's id: one step, such as a request, a record or a publish. 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanId(NonZeroU64);

/// The text is not a `traceparent` of version 00. The error never contains the text, which came
/// from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of version 00")]
pub struct TraceParentError;

/// The flag `sampled`, the only one in version 00: the caller may have recorded its span.
const SAMPLED: u8 = 1;

impl TraceParent {
    /// The name of the header and of the message attribute.
    pub const NAME: &'static str = "traceparent";

    /// Returns a new trace with its first span.
    #[must_use]
    pub fn begin() -> Self {
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).expect("the operating system gives random bytes");
        // Zero is not a valid id. The probability is 2^-128.
        let trace_id = NonZeroU128::new(u128::from_ne_bytes(entropy)).unwrap_or(NonZeroU128::MAX);
        Self { trace_id: TraceId(trace_id), span_id: SpanId::random(), flags: SAMPLED }
    }

    /// Returns a new child span in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span_id: SpanId::random(), ..self }
    }

    /// The trace's id.
    #[must_use]
    pub fn trace_id(self) -> TraceId {
        self.trace_id
    }

    /// The span's id.
    #[must_use]
    pub fn span_id(self) -> SpanId {
        self.span_id
    }
}

impl SpanId {
    fn random() -> Self {
        let random = getrandom::u64().expect("the operating system gives random numbers");
        Self(NonZeroU64::new(random).unwrap_or(NonZeroU64::MAX))
    }
}

impl FromStr for TraceParent {
    type Err = TraceParentError;

    /// Parses version 00 strictly: lower-case hexadecimal, no id all zeros, and nothing after the
    /// flags. Only the flag that version 00 defines is kept.
    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        parse(text).ok_or(TraceParentError)
    }
}

fn parse(text: &str) -> Option<TraceParent> {
    let (trace_id, rest) = text.strip_prefix("00-")?.split_once('-')?;
    let (span_id, flags) = rest.split_once('-')?;
    let trace_id = NonZeroU128::new(hexadecimal(trace_id, 32)?)?;
    let span_id = NonZeroU64::new(hexadecimal(span_id, 16)?.try_into().ok()?)?;
    let flags: u8 = hexadecimal(flags, 2)?.try_into().ok()?;
    Some(TraceParent {
        trace_id: TraceId(trace_id),
        span_id: SpanId(span_id),
        flags: flags & SAMPLED,
    })
}

/// Parses exactly this many lower-case hexadecimal digits.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_lower_case = text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != digits || !is_lower_case {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

impl fmt::Display for TraceParent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace_id, span_id, flags } = self;
        write!(formatter, "00-{trace_id}-{span_id}-0{flags}")
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn specification_example_round_trips() {
        let trace: TraceParent = EXAMPLE.parse().unwrap();
        assert_eq!(trace.to_string(), EXAMPLE);
        assert_eq!(trace.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.span_id().to_string(), "00f067aa0ba902b7");
    }

    #[test]
    fn malformed_traceparent_is_rejected() {
        for text in [
            "",
            "00",
            &EXAMPLE[..54],
            &format!("{EXAMPLE}-"),
            &format!("{EXAMPLE} "),
            &format!("{EXAMPLE},{EXAMPLE}"),
            &EXAMPLE.replacen("00", "ff", 1),
            &EXAMPLE.replacen("00", "01", 1),
            &EXAMPLE.to_uppercase(),
            &EXAMPLE.replace('-', "_"),
            &EXAMPLE.replace("01", "0g"),
            &EXAMPLE
                .replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            &EXAMPLE.replace("00f067aa0ba902b7", "0000000000000000"),
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(TraceParentError), "{text}");
        }
    }

    #[test]
    fn unknown_trace_flags_are_dropped() {
        let parsed = EXAMPLE.replace("-01", "-ff").parse::<TraceParent>().unwrap();
        assert_eq!(parsed.to_string(), EXAMPLE);
        let unsampled = EXAMPLE.replace("-01", "-00");
        assert_eq!(
            unsampled.parse::<TraceParent>().unwrap().child().to_string()[52..],
            unsampled[52..]
        );
    }

    #[test]
    fn child_is_a_new_span_of_the_same_trace() {
        let parent = TraceParent::begin();
        let child = parent.child();
        assert_eq!(child.trace_id(), parent.trace_id());
        assert_ne!(child.span_id(), parent.span_id());
        assert_ne!(TraceParent::begin().trace_id(), parent.trace_id());
    }

    proptest! {
        #[test]
        fn traceparent_parser_never_panics(text in ".*", cut in 0..EXAMPLE.len(), with: char) {
            let _ = text.parse::<TraceParent>();
            let mut broken = EXAMPLE.to_owned();
            broken.replace_range(cut..=cut, with.encode_utf8(&mut [0; 4]));
            if let Ok(trace) = broken.parse::<TraceParent>() {
                prop_assert_eq!(trace.to_string().parse(), Ok(trace));
            }
        }

        #[test]
        fn traceparent_round_trips(trace in 1_u128.., span in 1_u64.., flags in 0_u8..=1) {
            let text = format!("00-{trace:032x}-{span:016x}-{flags:02x}");
            prop_assert_eq!(text.parse::<TraceParent>().unwrap().to_string(), text);
        }

        #[test]
        fn new_trace_is_well_formed(_round in 0..100) {
            let begun = TraceParent::begin().child();
            prop_assert_eq!(begun.to_string().parse(), Ok(begun));
        }
    }
}
