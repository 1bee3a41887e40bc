//! The HTTP API and its pages: saves an order, spends its coupon, publishes it and shows it.

mod app;
mod assets;
mod content_negotiation;
mod create_order;
mod form_suggestion;
mod get_asset;
mod get_invoice;
mod get_order;
mod jwt_scope;
mod lambda_adapter;
mod openapi;
mod pages;
mod problem;
mod request;
mod request_outcome;
mod router;
mod save;
mod security_headers;
mod telemetry_layer;

use lambda_startup::Startup;

use crate::app::AppState;
use crate::lambda_adapter::lambda_service;
use crate::router::router;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let startup = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let state = AppState::connect(&startup).await?;
    lambda_http::lambda_runtime::run(lambda_service(router(state, startup.telemetry.into()))).await
}
