//! Middleware that records every request: its trace, its log line, its metrics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use lambda_http::RequestExt;
use telemetry::{Metrics, SpanContext, Telemetry, TraceParent};
use tracing::Instrument;

use crate::pages;
use crate::problem::{Kind, Problem};
use crate::request_outcome::{BY_REASON, BY_ROUTE, RequestOutcome, RequestRecord, Route};

/// The destination of the requests' log lines and metrics.
#[derive(Clone)]
pub(crate) struct RequestTelemetry(Arc<Inner>);

struct Inner {
    telemetry: Telemetry,
    served: Metrics,
    rejected: Metrics,
}

impl From<Telemetry> for RequestTelemetry {
    fn from(telemetry: Telemetry) -> Self {
        let served = telemetry.metrics(&[BY_ROUTE]);
        let rejected = telemetry.metrics(&[BY_ROUTE, BY_REASON]);
        Self(Arc::new(Inner { telemetry, served, rejected }))
    }
}

/// Handlers find the request's trace context in its extensions.
pub(crate) async fn observe(
    State(RequestTelemetry(inner)): State<RequestTelemetry>,
    mut request: Request,
    next: Next,
) -> Response {
    let Inner { telemetry, served, rejected } = &*inner;
    let invocation = telemetry.invocation();
    let step = SpanContext::child_of(trace_of(request.headers()));
    let span =
        step.request_span(request.lambda_context_ref().map_or("", |context| &context.request_id));
    request.extensions_mut().insert(step.trace());
    let accept = request.headers().get(ACCEPT).cloned();
    let (response, request) = async {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|_| broken(accept));
        let route = response.extensions_mut().remove().unwrap_or(Route::Other);
        let request = RequestRecord {
            route,
            status: response.status(),
            outcome: response.extensions_mut().remove::<RequestOutcome>(),
            time_to_answer: invocation.elapsed(),
        };
        request.log();
        (response, request)
    }
    .instrument(span)
    .await;
    invocation.failed(request.failures());
    invocation.end(if request.reason().is_some() { rejected } else { served }, &request);
    response
}

/// The response after a handler's panic. The panic hook logs the location. The panic message is
/// dropped, because it may quote a customer.
fn broken(accept: Option<HeaderValue>) -> Response {
    let headers = accept.map(|accept| (ACCEPT, accept)).into_iter().collect();
    let detail = "Something is broken here. It is being looked into; please try again later.";
    pages::negotiated_problem(&Problem::new(Kind::InternalError, detail), &headers)
}

/// Records which route responded.
pub(crate) async fn record_route(
    State(route): State<Route>,
    response: Response,
) -> (Extension<Route>, Response) {
    (Extension(route), response)
}

/// Returns the trace of the client's `traceparent` header. An invalid header is ignored and a new
/// trace begins, as W3C Trace Context requires.
fn trace_of(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all(TraceParent::NAME).into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::around;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::HeaderName;
    use axum::http::StatusCode;
    use axum::http::header::CONTENT_SECURITY_POLICY;
    use axum::routing::get;
    use lambda_http::tower::ServiceExt;
    use telemetry::LogSettings;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NAME: HeaderName = HeaderName::from_static(TraceParent::NAME);

    #[tokio::test]
    async fn panic_fails_only_its_request_and_is_redacted() {
        let telemetry = RequestTelemetry::from(telemetry::init(
            "orders",
            &LogSettings::from_lambda(None, None),
            None,
            None,
        ));
        let router = around(
            Router::new().route("/", get(async || -> () { panic!("Ada Lovelace") })),
            telemetry,
        );
        for _ in 0..2 {
            let response = router.clone().oneshot(Request::new(Body::empty())).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY));
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("Ada"));
        }
    }

    #[test]
    fn only_a_single_valid_traceparent_is_continued() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(NAME, value.parse().unwrap());
            }
            trace_of(&headers)
        };
        assert_eq!(of(&[TRACE]), TRACE.parse().ok());
        for others in [&[][..], &["Ada"], &["é"], &[TRACE, TRACE], &[&format!("{TRACE},{TRACE}")]]
        {
            assert_eq!(of(others), None, "{others:?}");
        }
    }
}
