//! Ships every order. Each order has one shipment, even if its event is delivered several times.

mod handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    subscriber::run(env!("CARGO_PKG_NAME"), handler::prepare, handler::measure).await
}
