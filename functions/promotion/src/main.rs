//! Inserts a coupon for every order it receives. Each order has one coupon, even if its event is
//! delivered several times. Only the subscription's filter policy decides which orders arrive.

mod handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    subscriber::run(env!("CARGO_PKG_NAME"), handler::prepare, handler::measure).await
}
