//! Writes an invoice for every order. Each order has one invoice with a unique number, even if its
//! event is delivered several times.

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
