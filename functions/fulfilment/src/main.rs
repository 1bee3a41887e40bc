//! Ships every order: one shipment per order, however often its event arrives.

mod ship;

use startup::Startup;
use store::Ledger;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let Startup { environment, sdk, .. } = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let shipments = Ledger::connect(&sdk, environment.required("SHIPMENTS_TABLE")?).await;
    batch::run(ship::prepare, async |parcels: &[_]| ship::commit(&shipments, parcels).await).await
}
