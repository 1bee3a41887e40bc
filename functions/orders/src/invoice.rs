//! `GET /orders/{id}/invoice`: read, answer as a page.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use domain::OrderId;

use crate::pages;
use crate::problem::{Kind, Problem};
use crate::shop::Shop;
use crate::show::unknown;
use crate::told::{Outcome, Told};

pub(crate) async fn invoice(
    State(shop): State<Shop>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(id) = id.ok().and_then(|Path(id)| id.parse::<OrderId>().ok()) else { return unknown(&headers) };
    match shop.orders.read_invoiced(id).await {
        Ok(Some((order, Some(invoice)))) => {
            let mut response = pages::invoice(&order, &invoice);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Told::of(Outcome::Shown, id).with(response)
        }
        Ok(Some((_, None))) => {
            let problem = Problem::new(Kind::InvoiceNotFound, "The invoice is written within seconds of the order.");
            Told::of(Outcome::NotInvoiced, id).with(problem.into_response_for(&headers))
        }
        Ok(None) => unknown(&headers),
        Err(error) => {
            tracing::error!(order_id = %id, %error, "the invoice cannot be read");
            Told::of(Outcome::NotRead, id).with(Problem::unavailable().into_response_for(&headers))
        }
    }
}
