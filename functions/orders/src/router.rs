//! The routes. API Gateway has one catch-all route, so 404 and 405 responses also come from here.

use axum::Router;
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::AppState;
use crate::jwt_scope::scope_to_caller;
use crate::problem::{Kind, Problem};
use crate::request_outcome::Route;
use crate::security_headers::add_security_headers;
use crate::telemetry_layer::{RequestTelemetry, observe, record_route};
use crate::{create_order, get_asset, get_invoice, get_order, openapi, pages};

/// Returns the router of the HTTP API.
pub(crate) fn router(state: AppState, telemetry: RequestTelemetry) -> Router {
    let observed_as = |route: Route| from_fn_with_state(route, record_route);
    let api = Router::new()
        .route(
            "/orders",
            post(create_order::create_order)
                .options(of_placing)
                .route_layer(observed_as(Route::CreateOrder)),
        )
        .route(
            "/orders/{id}",
            get(get_order::get_order).options(of_reading).route_layer(observed_as(Route::GetOrder)),
        )
        .route(
            "/openapi.json",
            get(openapi::openapi).options(of_reading).route_layer(observed_as(Route::OpenApi)),
        );
    let pages = Router::new()
        .route("/", get(pages::form).options(of_reading).route_layer(observed_as(Route::Form)))
        .route(
            "/orders/{id}/invoice",
            get(get_invoice::get_invoice)
                .options(of_reading)
                .route_layer(observed_as(Route::Invoice)),
        )
        .route(
            "/assets/{fingerprint}/{name}",
            get(get_asset::get_asset).options(of_reading).route_layer(observed_as(Route::Asset)),
        );
    let answered = |routes: Router<AppState>| {
        routes.fallback(not_found).method_not_allowed_fallback(method_not_allowed)
    };
    let routes = if state.jwt_enabled {
        answered(api).layer(from_fn(scope_to_caller))
    } else {
        answered(api.merge(pages))
    };
    around(routes.with_state(state), telemetry)
}

/// Adds the layers that surround every request. The security headers are outermost, so that the
/// response to a panic has them as well.
pub(crate) fn around(routes: Router, telemetry: RequestTelemetry) -> Router {
    routes.layer(from_fn_with_state(telemetry, observe)).layer(map_response(add_security_headers))
}

/// `OPTIONS` for readable resources. The router derives HEAD from GET.
async fn of_reading() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(ALLOW, "GET,HEAD,OPTIONS")])
}

/// `OPTIONS` for `/orders`.
async fn of_placing() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(ALLOW, "POST,OPTIONS")])
}

async fn not_found(headers: HeaderMap) -> Response {
    let problem = Problem::new(Kind::NotFound, "There is nothing at this address.");
    pages::negotiated_problem(&problem, &headers)
}

async fn method_not_allowed(headers: HeaderMap) -> Response {
    let detail =
        "This address does not answer to that method; the Allow header names those it does.";
    pages::negotiated_problem(&Problem::new(Kind::MethodNotAllowed, detail), &headers)
}
