//! The style sheet, the script and the icon, compiled in. Their address has a fingerprint of what
//! is in them, so that a browser may keep them for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/order.js");
const ICON: &str = include_str!("../assets/icon.svg");

static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let digest =
        Sha256::new().chain_update(STYLE).chain_update(SCRIPT).chain_update(ICON).finalize();
    hex::encode(&digest[..8])
});

/// Where a page finds an asset.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *FINGERPRINT)
}

pub(crate) async fn asset(
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let (fingerprint, name) = path.map(|Path(path)| path).unwrap_or_default();
    let (content_type, content) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "order.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => {
            let problem = Problem::new(Kind::NotFound, "There is nothing at this address.");
            return problem.into_response_for(&headers);
        }
    };
    // While a new version is deployed, its page may ask the old one, or the other way round: that
    // answer is not kept.
    let kept = if fingerprint == *FINGERPRINT {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, kept)], content).into_response()
}
