//! `GET /openapi.json`: the API's contract, compiled in. It is written by hand; tests compare it
//! with the code.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

pub(crate) const DOCUMENT: &str = include_str!("../openapi.json");

/// The document's `ETag`.
static TAG: LazyLock<String> =
    LazyLock::new(|| format!("\"{}\"", hex::encode(Sha256::digest(DOCUMENT))));

pub(crate) async fn openapi(headers: HeaderMap) -> Response {
    let kept = [(CACHE_CONTROL, "public, max-age=300"), (ETAG, TAG.as_str())];
    if knows_it(&headers) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

/// Whether `If-None-Match` names this version of the document.
fn knows_it(headers: &HeaderMap) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|tags| tags.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == *TAG)
}

#[cfg(test)]
mod tests;
