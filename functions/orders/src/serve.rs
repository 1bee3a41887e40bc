//! Around every request: its trace, its log line, its metrics.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use lambda_http::RequestExt;
use telemetry::{Metrics, Step, Telemetry, TraceParent};
use tracing::Instrument;

use crate::told::{BY_REASON, BY_ROUTE, Route, Served, Told};

/// How requests are told of.
#[derive(Clone)]
pub(crate) struct Teller(Arc<Telling>);

struct Telling {
    telemetry: Telemetry,
    served: Metrics,
    rejected: Metrics,
}

impl From<Telemetry> for Teller {
    fn from(telemetry: Telemetry) -> Self {
        let served = telemetry.metrics(&[BY_ROUTE]);
        let rejected = telemetry.metrics(&[BY_ROUTE, BY_REASON]);
        Self(Arc::new(Telling { telemetry, served, rejected }))
    }
}

/// Handlers find the request's place in its trace among its extensions.
pub(crate) async fn serve(State(Teller(telling)): State<Teller>, mut request: Request, next: Next) -> Response {
    let Telling { telemetry, served, rejected } = &*telling;
    let invocation = telemetry.invocation();
    let step = Step::after(trace_of(request.headers()));
    let span = step.request_span(request.lambda_context_ref().map_or("", |context| &context.request_id));
    request.extensions_mut().insert(step.trace());
    let (response, request) = async {
        let mut response = next.run(request).await;
        let route = response.extensions_mut().remove().unwrap_or(Route::Other);
        let request = Served { route, status: response.status(), told: response.extensions_mut().remove::<Told>() };
        request.log();
        (response, request)
    }
    .instrument(span)
    .await;
    invocation.end(if request.reason().is_some() { rejected } else { served }, &request);
    response
}

/// Says which part of the shop answered.
pub(crate) async fn tell(State(route): State<Route>, response: Response) -> (Extension<Route>, Response) {
    (Extension(route), response)
}

/// The trace that the client is in, if it says so in the one form there is. What it says otherwise is ignored, as W3C
/// Trace Context has it: a new trace begins.
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
    use axum::http::HeaderName;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NAME: HeaderName = HeaderName::from_static(TraceParent::NAME);

    #[test]
    fn one_well_formed_header_is_continued_and_nothing_else() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(NAME, value.parse().unwrap());
            }
            trace_of(&headers)
        };
        assert_eq!(of(&[TRACE]), TRACE.parse().ok());
        for others in [&[][..], &["Ada"], &["é"], &[TRACE, TRACE], &[&format!("{TRACE},{TRACE}")]] {
            assert_eq!(of(others), None, "{others:?}");
        }
    }
}
