//! `GET /orders/{id}`: read, answer as a page or as JSON.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::OrderId;

use crate::negotiate::prefers_html;
use crate::pages;
use crate::problem::{Kind, Problem};
use crate::shop::Shop;
use crate::told::{Outcome, Told};

pub(crate) async fn show(
    State(shop): State<Shop>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    // What is not an id is the address of no order, like an id that none has.
    let id = id.ok().and_then(|Path(id)| id.parse::<OrderId>().ok());
    let Some(id) = id else { return unknown(&headers) };
    let view = match shop.orders.read(id).await {
        Ok(Some(view)) => view,
        Ok(None) => return unknown(&headers),
        Err(error) => {
            tracing::error!(order_id = %id, %error, "the order cannot be read");
            return Told::of(Outcome::NotRead, id).with(Problem::unavailable().into_response_for(&headers));
        }
    };
    let mut response = if prefers_html(&headers) { pages::order(view) } else { Json(view).into_response() };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Told::of(Outcome::Shown, id).with(response)
}

pub(crate) fn unknown(headers: &HeaderMap) -> Response {
    Problem::new(Kind::OrderNotFound, "There is no order at this address.").into_response_for(headers)
}
