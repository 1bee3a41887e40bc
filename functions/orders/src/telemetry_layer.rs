//! Middleware that records every request: its trace, its log line, its metrics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use lambda_http::RequestExt;
use lambda_startup::time_to_work;
use telemetry::{Invocation, Metrics, SpanContext, Telemetry, TraceParent};
use tokio::time::Instant;
use tracing::Instrument;

use crate::after_answer::AfterAnswer;
use crate::pages;
use crate::problem::{Kind, Problem};
use crate::request_log::RequestLog;
use crate::request_outcome::{BY_REASON, BY_ROUTE, RequestRecord, Route};

/// The destination of the requests' log lines and metrics.
#[derive(Clone)]
pub(crate) struct RequestTelemetry(Arc<Inner>);

struct Inner {
    telemetry: Telemetry,
    served: Metrics,
    rejected: Metrics,
    after_answer: AfterAnswer,
}

impl RequestTelemetry {
    /// Log lines and metrics are written as work after the answer.
    pub(crate) fn new(telemetry: Telemetry, after_answer: AfterAnswer) -> Self {
        let served = telemetry.metrics(&[BY_ROUTE]);
        let rejected = telemetry.metrics(&[BY_ROUTE, BY_REASON]);
        Self(Arc::new(Inner { telemetry, served, rejected, after_answer }))
    }
}

/// Handlers find the request's trace context and its [`RequestLog`] in its extensions. What they
/// leave to do runs after the answer, and then the request is logged.
pub(crate) async fn observe(
    State(RequestTelemetry(inner)): State<RequestTelemetry>,
    mut request: Request,
    next: Next,
) -> Response {
    // Nothing is left, unless the runtime did not finish the request before.
    inner.after_answer.finish().await;
    let invocation = inner.telemetry.invocation();
    let step = SpanContext::child_of(trace_of(request.headers()));
    let context = request.lambda_context_ref();
    let span = step.request_span(context.map_or("", |context| &context.request_id));
    let deadline = Instant::now() + time_to_work(context.map(lambda_http::Context::deadline));
    let log = RequestLog::default();
    request.extensions_mut().insert(step.trace());
    request.extensions_mut().insert(log.clone());
    let accept = request.headers().get(ACCEPT).cloned();
    let answered = AssertUnwindSafe(next.run(request).instrument(span.clone())).catch_unwind();
    let response = answered.await.unwrap_or_else(|_| broken(accept));
    let unfinished = Unfinished {
        status: response.status(),
        time_to_answer: invocation.elapsed(),
        log,
        invocation,
        deadline,
    };
    let telemetry = Arc::clone(&inner);
    inner.after_answer.leave(unfinished.finish(telemetry).instrument(span));
    response
}

/// A request that is answered.
struct Unfinished {
    status: StatusCode,
    time_to_answer: Duration,
    log: RequestLog,
    invocation: Invocation,
    /// When the work must have ended.
    deadline: Instant,
}

impl Unfinished {
    /// Does the work that the handler left, and writes the log line and the metrics.
    async fn finish(self, inner: Arc<Inner>) {
        let Self { status, time_to_answer, log, invocation, deadline } = self;
        log.finish(deadline).await;
        let (route, outcome) = (log.route(), log.take_outcome());
        let request = RequestRecord { route, status, outcome, time_to_answer };
        request.log();
        invocation.failed(request.failures());
        let metrics = if request.reason().is_some() { &inner.rejected } else { &inner.served };
        invocation.end(metrics, &request);
    }
}

/// The response after a handler's panic. The panic hook logs the location. The panic message is
/// dropped, because it may quote a customer.
fn broken(accept: Option<HeaderValue>) -> Response {
    let headers = accept.map(|accept| (ACCEPT, accept)).into_iter().collect();
    let detail = "Something is broken here. It is being looked into; please try again later.";
    pages::negotiated_problem(&Problem::new(Kind::InternalError, detail), &headers)
}

/// Reports which route matched.
pub(crate) async fn record_route(
    State(route): State<Route>,
    Extension(log): Extension<RequestLog>,
    request: Request,
    next: Next,
) -> Response {
    log.set_route(route);
    next.run(request).await
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
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{SystemTime, UNIX_EPOCH};

    use crate::router::around;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::HeaderName;
    use axum::http::header::CONTENT_SECURITY_POLICY;
    use axum::routing::get;
    use lambda_http::Context;
    use lambda_http::tower::ServiceExt;
    use telemetry::LogSettings;
    use tokio::time::timeout;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NAME: HeaderName = HeaderName::from_static(TraceParent::NAME);

    fn observed(routes: Router) -> (Router, AfterAnswer) {
        static TELEMETRY: LazyLock<Telemetry> = LazyLock::new(|| {
            telemetry::init("orders", &LogSettings::from_lambda(None, None), None, None)
        });
        let after_answer = AfterAnswer::default();
        let telemetry = RequestTelemetry::new(TELEMETRY.clone(), after_answer.clone());
        (around(routes, telemetry), after_answer)
    }

    async fn status(router: &Router) -> StatusCode {
        router.clone().oneshot(Request::new(Body::empty())).await.unwrap().status()
    }

    #[tokio::test]
    async fn panic_fails_only_its_request_and_is_redacted() {
        let panics = get(async || -> () { panic!("Ada Lovelace") });
        let (router, _) = observed(Router::new().route("/", panics));
        for _ in 0..2 {
            let response = router.clone().oneshot(Request::new(Body::empty())).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY));
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("Ada"));
        }
    }

    /// A router whose requests leave this work.
    fn leaving<W: Future<Output = ()> + Send + 'static>(
        work: impl Fn() -> W + Clone + Send + Sync + 'static,
    ) -> (Router, AfterAnswer) {
        let handler = get(move |Extension(log): Extension<RequestLog>| {
            let work = work();
            async move { log.leave(work) }
        });
        observed(Router::new().route("/", handler))
    }

    #[tokio::test]
    async fn work_runs_once_and_after_its_own_answer() {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let (router, after_answer) = leaving(move || {
            let counted = Arc::clone(&counted);
            async move {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert_eq!(status(&router).await, StatusCode::OK);
        assert_eq!(done.load(Ordering::Relaxed), 0, "it ran before the answer");
        after_answer.finish().await;
        after_answer.finish().await;
        assert_eq!(done.load(Ordering::Relaxed), 1);
        // A runtime that does not finish a request must not leave its work to the one after next.
        status(&router).await;
        status(&router).await;
        assert_eq!(done.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn panic_in_the_work_fails_only_its_request() {
        let (router, after_answer) = leaving(|| async { panic!("Ada Lovelace") });
        for _ in 0..2 {
            assert_eq!(status(&router).await, StatusCode::OK);
            after_answer.finish().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_before_the_invocation_does() {
        let (router, after_answer) = leaving(std::future::pending);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut context = Context::default();
        context.deadline = (since_1970 + Duration::from_secs(2)).as_millis().try_into().unwrap();
        let request = Request::new(Body::empty()).with_lambda_context(context);
        let start = Instant::now();
        router.oneshot(request).await.unwrap();
        timeout(Duration::from_secs(60), after_answer.finish()).await.expect("it is cut off");
        let took = start.elapsed();
        assert!(took > Duration::from_secs(1) && took < Duration::from_secs(2), "{took:?}");
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
