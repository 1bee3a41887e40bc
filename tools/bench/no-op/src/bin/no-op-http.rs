//! An HTTP function that does nothing.

use std::convert::Infallible;

use lambda_http::{Body, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let answer = async |_: Request| Ok::<_, Infallible>(Response::new(Body::Empty));
    lambda_http::run(service_fn(answer)).await
}
