//! `GET /orders/{id}`: the order as a page or as JSON.

use axum::Extension;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::OrderId;

use crate::app::AppState;
use crate::content_negotiation::prefers_html;
use crate::pages;
use crate::problem::{Kind, Problem};
use crate::request_log::RequestLog;
use crate::request_outcome::{OutcomeKind, RequestOutcome};

pub(crate) async fn get_order(
    State(state): State<AppState>,
    Extension(log): Extension<RequestLog>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    // A malformed id gets the same 404 as an unknown one.
    let id = id.ok().and_then(|Path(id)| id.parse::<OrderId>().ok());
    let Some(id) = id else { return order_not_found(&headers) };
    let view = match state.orders.read(id).await {
        Ok(Some(view)) => view,
        Ok(None) => return order_not_found(&headers),
        Err(error) => {
            tracing::error!(order_id = %id, %error, "the order cannot be read");
            log.record(RequestOutcome::of(OutcomeKind::NotRead, id));
            return pages::negotiated_problem(&Problem::unavailable(), &headers);
        }
    };
    let mut response =
        if prefers_html(&headers) { pages::order(view) } else { Json(view).into_response() };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    log.record(RequestOutcome::of(OutcomeKind::Shown, id));
    response
}

pub(crate) fn order_not_found(headers: &HeaderMap) -> Response {
    let problem = Problem::new(Kind::OrderNotFound, "There is no order at this address.");
    pages::negotiated_problem(&problem, headers)
}
