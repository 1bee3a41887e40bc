//! Ships every order. Each order has one shipment, even if its event is delivered several times.

mod handler;

use lambda_startup::Startup;
use store::EffectTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let shipments = EffectTable::connect(&sdk, environment.required("SHIPMENTS_TABLE")?).await;
    let commit = async |parcels: &[_]| subscriber::insert(&shipments, parcels).await;
    sqs_batch::run(&telemetry, handler::prepare, commit, handler::measure).await
}
