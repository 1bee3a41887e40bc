//! The HTTP API and its pages: save an order, spend its coupon, announce it, show it.

mod answer;
mod arrival;
mod assets;
mod authorised;
mod invoice;
mod negotiate;
mod openapi;
mod pages;
mod place;
mod problem;
mod request;
mod router;
mod save;
mod secure;
mod serve;
mod shop;
mod show;
mod suggestion;
mod told;

use lambda_startup::Startup;

use crate::arrival::arriving;
use crate::router::router;
use crate::shop::Shop;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let startup = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let shop = Shop::open(&startup).await?;
    lambda_http::lambda_runtime::run(arriving(router(shop, startup.telemetry.into()))).await
}
