//! Writes an invoice for every order: one invoice per order, each with a number of its own, however often its event
//! arrives.

mod bill;

use lambda_startup::Startup;
use store::EffectTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let invoices = EffectTable::connect(&sdk, environment.required("INVOICES_TABLE")?).await;
    let commit = async |bills: &[_]| bill::commit(&invoices, bills).await;
    sqs_batch::run(&telemetry, bill::prepare, commit, bill::measure).await
}
