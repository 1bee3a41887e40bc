//! Which request goes where. API Gateway has one catch-all route, so 404 and 405 are answered here as well.

use axum::Router;
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_response, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::authorised::authorised;
use crate::problem::{Kind, Problem};
use crate::secure::secure;
use crate::serve::{Teller, serve, tell};
use crate::shop::Shop;
use crate::told::Route;
use crate::{assets, invoice, openapi, pages, place, show};

/// The shop's HTTP API.
pub(crate) fn router(shop: Shop, teller: Teller) -> Router {
    let told_as = |route: Route| map_response_with_state(route, tell);
    let api = Router::new()
        .route("/orders", post(place::place).options(of_placing).route_layer(told_as(Route::Place)))
        .route("/orders/{id}", get(show::show).options(of_reading).route_layer(told_as(Route::Show)))
        .route("/openapi.json", get(openapi::openapi).options(of_reading).route_layer(told_as(Route::OpenApi)));
    let pages = Router::new()
        .route("/", get(pages::form).options(of_reading).route_layer(told_as(Route::Form)))
        .route("/orders/{id}/invoice", get(invoice::invoice).options(of_reading).route_layer(told_as(Route::Invoice)))
        .route(
            "/assets/{fingerprint}/{name}",
            get(assets::asset).options(of_reading).route_layer(told_as(Route::Asset)),
        );
    let answered = |routes: Router<Shop>| routes.fallback(not_found).method_not_allowed_fallback(method_not_allowed);
    let routes = if shop.authorised { answered(api).layer(from_fn(authorised)) } else { answered(api.merge(pages)) };
    around(routes.with_state(shop), teller)
}

/// What is around every request. Answers are secured last, so that the answer to a panic is as well.
pub(crate) fn around(routes: Router, teller: Teller) -> Router {
    routes.layer(from_fn_with_state(teller, serve)).layer(map_response(secure))
}

/// `OPTIONS` of what is read. HEAD is GET without its body, which the router sees to.
async fn of_reading() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(ALLOW, "GET,HEAD,OPTIONS")])
}

/// `OPTIONS` of where orders are placed.
async fn of_placing() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(ALLOW, "POST,OPTIONS")])
}

async fn not_found(headers: HeaderMap) -> Response {
    Problem::new(Kind::NotFound, "There is nothing at this address.").into_response_for(&headers)
}

async fn method_not_allowed(headers: HeaderMap) -> Response {
    let detail = "This address does not answer to that method; the Allow header names those it does.";
    Problem::new(Kind::MethodNotAllowed, detail).into_response_for(&headers)
}
