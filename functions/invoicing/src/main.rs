//! Writes an invoice for every order. Each order has one invoice with a unique number, even if its
//! event is delivered several times.

mod handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    subscriber::run_with_commit(
        env!("CARGO_PKG_NAME"),
        handler::prepare,
        handler::commit,
        handler::measure,
    )
    .await
}
