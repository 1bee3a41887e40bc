//! The trace context of one step of an order: a request, a record or a publish. Spans are not
//! exported: they exist only as ids in log lines and in `traceparent`.

use tracing::Span;

use crate::{SpanId, TraceParent};

/// A span that continues a trace or begins one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanContext {
    own: TraceParent,
    cause: Option<SpanId>,
}

impl SpanContext {
    /// Returns a child span of `cause`, or without one the root span of a new trace.
    #[must_use]
    pub fn child_of(cause: Option<TraceParent>) -> Self {
        match cause {
            Some(cause) => Self { own: cause.child(), cause: Some(cause.span_id()) },
            None => Self { own: TraceParent::begin(), cause: None },
        }
    }

    /// The trace context to pass to the next step.
    #[must_use]
    pub fn trace(self) -> TraceParent {
        self.own
    }

    /// Returns a span that adds `trace_id`, `span_id` and, for a child, `parent_span_id` to its
    /// lines. It is enabled at every log level, because error lines need the ids most.
    #[must_use]
    pub fn span(self) -> Span {
        tracing::error_span!(
            "step",
            trace_id = %self.own.trace_id(),
            span_id = %self.own.span_id(),
            parent_span_id = self.cause.map(tracing::field::display),
        )
    }

    /// Like [`Self::span`], with `request_id`, for an invocation that is one step: one span instead
    /// of two.
    #[must_use]
    pub fn request_span(self, request_id: &str) -> Span {
        tracing::error_span!(
            "request",
            request_id,
            trace_id = %self.own.trace_id(),
            span_id = %self.own.span_id(),
            parent_span_id = self.cause.map(tracing::field::display),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_continues_its_parent_or_begins_a_trace() {
        let first = SpanContext::child_of(None);
        assert_eq!(first.cause, None);
        let second = SpanContext::child_of(Some(first.trace()));
        assert_eq!(second.own.trace_id(), first.own.trace_id());
        assert_eq!(second.cause, Some(first.own.span_id()));
        assert_ne!(second.own.span_id(), first.own.span_id());
    }
}
