//! One step of an order's way: a request, a record, a publish. A span here is what its log lines
//! say it is.

use tracing::Span;

use crate::trace_parent::HexId;
use crate::{SpanId, TraceParent};

/// A step that continues a trace or begins one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanContext {
    own: TraceParent,
    cause: Option<SpanId>,
}

impl SpanContext {
    /// The step after `cause`; without one, the first of a new trace.
    #[must_use]
    pub fn child_of(cause: Option<TraceParent>) -> Self {
        match cause {
            Some(cause) => Self { own: cause.child(), cause: Some(cause.span_id()) },
            None => Self { own: TraceParent::begin(), cause: None },
        }
    }

    /// What the next step comes after.
    #[must_use]
    pub fn trace(self) -> TraceParent {
        self.own
    }

    /// A span whose lines have `trace_id`, `span_id` and, if something caused it, `parent_span_id`.
    /// It is there at every level, as a failure's line needs it most.
    #[must_use]
    pub fn span(self) -> Span {
        let (trace_id, span_id, parent_span_id) = self.ids();
        let (trace_id, span_id) = (trace_id.as_str(), span_id.as_str());
        tracing::error_span!(
            "step",
            trace_id,
            span_id,
            parent_span_id = parent_span_id.as_ref().map(HexId::as_str)
        )
    }

    /// The same for an invocation that is one step: one span instead of two, and `request_id` in
    /// its lines.
    #[must_use]
    pub fn request_span(self, request_id: &str) -> Span {
        let (trace_id, span_id, parent_span_id) = self.ids();
        let (trace_id, span_id) = (trace_id.as_str(), span_id.as_str());
        let parent_span_id = parent_span_id.as_ref().map(HexId::as_str);
        tracing::error_span!("request", request_id, trace_id, span_id, parent_span_id)
    }

    fn ids(self) -> (HexId<32>, HexId<16>, Option<HexId<16>>) {
        let Self { own, cause } = self;
        (own.trace_id().digits(), own.span_id().digits(), cause.map(SpanId::digits))
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
