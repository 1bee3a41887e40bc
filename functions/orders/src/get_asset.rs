//! `GET /assets/{fingerprint}/{name}`.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::assets::{self, Asset};
use crate::pages;
use crate::problem::{Kind, Problem};

pub(crate) async fn get_asset(
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let (fingerprint, name) = path.map(|Path(path)| path).unwrap_or_default();
    let Some(Asset { content_type, content }) = assets::find(&name) else {
        let problem = Problem::new(Kind::NotFound, "There is nothing at this address.");
        return pages::negotiated_problem(&problem, &headers);
    };
    // During a deployment, a page of one version may load its assets from the other version. Do not
    // let the browser cache those.
    let cache_control = if assets::is_current(&fingerprint) {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, cache_control)], content).into_response()
}
