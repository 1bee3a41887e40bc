//! The style sheet and the script, compiled in.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

pub(crate) async fn asset(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let (content_type, content) = match name.as_ref().map(|Path(name)| name.as_str()).unwrap_or_default() {
        "style.css" => ("text/css; charset=utf-8", include_str!("../assets/style.css")),
        "order.js" => ("text/javascript; charset=utf-8", include_str!("../assets/order.js")),
        _ => {
            let problem = Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address.");
            return problem.into_response_for(&headers);
        }
    };
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=300")], content).into_response()
}
