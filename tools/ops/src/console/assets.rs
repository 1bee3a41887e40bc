//! The style sheets, the script and the icon, compiled in. The console looks like the shop.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// `GET /assets/{name}`.
pub(super) async fn get_asset(Path(name): Path<String>) -> Response {
    let (content_type, content) = match &*name {
        "shop.css" => (
            "text/css; charset=utf-8",
            include_str!("../../../../functions/orders/assets/style.css"),
        ),
        "console.css" => ("text/css; charset=utf-8", include_str!("../../assets/console.css")),
        "console.js" => ("text/javascript; charset=utf-8", include_str!("../../assets/console.js")),
        "icon.svg" => {
            ("image/svg+xml", include_str!("../../../../functions/orders/assets/icon.svg"))
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(CONTENT_TYPE, content_type)], content).into_response()
}
