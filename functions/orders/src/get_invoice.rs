//! `GET /orders/{id}/invoice`: the invoice as a page.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use domain::OrderId;

use crate::app::AppState;
use crate::get_order::order_not_found;
use crate::pages;
use crate::problem::{Kind, Problem};
use crate::request_log::RequestLog;
use crate::request_outcome::{OutcomeKind, RequestOutcome};

pub(crate) async fn get_invoice(
    State(state): State<AppState>,
    Extension(log): Extension<RequestLog>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(id) = id.ok().and_then(|Path(id)| id.parse::<OrderId>().ok()) else {
        return order_not_found(&headers);
    };
    match state.orders.read_invoiced(id).await {
        Ok(Some((order, Some(invoice)))) => {
            let mut response = pages::invoice(&order, &invoice);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            log.record(RequestOutcome::of(OutcomeKind::Shown, id));
            response
        }
        Ok(Some((_, None))) => {
            let problem = Problem::new(
                Kind::InvoiceNotFound,
                "The invoice is written within seconds of the order.",
            );
            log.record(RequestOutcome::of(OutcomeKind::NotInvoiced, id));
            pages::negotiated_problem(&problem, &headers)
        }
        Ok(None) => order_not_found(&headers),
        Err(error) => {
            tracing::error!(order_id = %id, %error, "the invoice cannot be read");
            log.record(RequestOutcome::of(OutcomeKind::NotRead, id));
            pages::negotiated_problem(&Problem::unavailable(), &headers)
        }
    }
}
