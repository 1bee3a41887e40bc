//! Gives a coupon for every order that reaches it: one per order, however often its event arrives.
//! Which orders reach it is the subscription's filter policy to say, and nobody else's.

mod handler;

use lambda_startup::Startup;
use store::EffectTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let coupons = EffectTable::connect(&sdk, environment.required("COUPONS_TABLE")?).await;
    let commit = async |earned: &[_]| subscriber::insert(&coupons, earned).await;
    sqs_batch::run(&telemetry, handler::prepare, commit, handler::measure).await
}
