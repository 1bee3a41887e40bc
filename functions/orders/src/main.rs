//! The HTTP API and its pages: save an order, spend its coupon, announce it, show it.

mod answer;
mod arrival;
mod assets;
mod authorised;
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
mod show;
mod suggestion;
mod told;

use router::{Shop, router};
use startup::Startup;
use store::{OrderTables, Orders};
use topic::OrdersTopic;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let tables = OrderTables {
        orders: environment.required("ORDERS_TABLE")?,
        shipments: environment.required("SHIPMENTS_TABLE")?,
        coupons: environment.required("COUPONS_TABLE")?,
        idempotency_keys: environment.required("IDEMPOTENCY_KEYS_TABLE")?,
    };
    let topic_arn = environment.required("ORDERS_TOPIC_ARN")?;
    let shards = environment.number("OUTBOX_SHARDS")?;
    let (orders, topic) = tokio::join!(Orders::connect(&sdk, tables, shards), OrdersTopic::connect(&sdk, topic_arn));
    let shop = Shop { orders, topic, authorised: environment.optional("AUTHORISED").is_some() };
    lambda_http::lambda_runtime::run(arrival::arriving(router(shop, telemetry.into()))).await
}
