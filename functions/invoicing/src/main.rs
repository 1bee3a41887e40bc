//! Writes an invoice for every order: one invoice per order, each with a number of its own, however
//! often its event arrives.

mod handler;

use lambda_startup::Startup;
use store::EffectTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let invoices = EffectTable::connect(&sdk, environment.required("INVOICES_TABLE")?).await;
    let commit = async |invoices_without_numbers: &[_]| {
        handler::commit(&invoices, invoices_without_numbers).await
    };
    sqs_batch::run(&telemetry, handler::prepare, commit, handler::measure).await
}
