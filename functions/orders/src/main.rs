//! The HTTP API and its pages: saves an order, spends its coupon, publishes it and shows it.

mod after_answer;
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
mod publish;
mod request;
mod request_log;
mod request_outcome;
mod router;
mod save;
mod security_headers;
mod telemetry_layer;

use lambda_http::lambda_runtime::Runtime;
use lambda_http::lambda_runtime::layers::TracingLayer;
use lambda_startup::Startup;

use crate::after_answer::AfterAnswer;
use crate::app::AppState;
use crate::lambda_adapter::lambda_service;
use crate::router::router;
use crate::telemetry_layer::RequestTelemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let startup = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let state = AppState::connect(&startup).await?;
    let after_answer = AfterAnswer::default();
    let telemetry = RequestTelemetry::new(startup.telemetry, after_answer.clone());
    let service = lambda_service(router(state, telemetry));
    Runtime::new(service).layer(TracingLayer::new()).layer(after_answer.layer()).run().await
}
