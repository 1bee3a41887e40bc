//! Inserts a coupon for every order it receives. Each order has one coupon, even if its event is
//! delivered several times. Only the subscription's filter policy decides which orders arrive.

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
