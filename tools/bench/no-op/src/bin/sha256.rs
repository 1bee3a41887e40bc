//! An event function that computes SHA-256 with the implementation that the event names: `sha2`, with
//! which the SDK signs requests, or `ring`. Compiled for size, `sha2` is slower than ring's
//! assembly: twice on some processors, 29 times on others (docs/adr/0002).

use lambda_runtime::{Error, LambdaEvent, service_fn};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Implementation {
    Ring,
    Sha2,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let bytes = vec![7; 1024 * 1024];
    let answer = async |event: LambdaEvent<Implementation>| {
        let hash = match event.payload {
            Implementation::Ring => digest(&SHA256, &bytes).as_ref().to_vec(),
            Implementation::Sha2 => Sha256::digest(&bytes).to_vec(),
        };
        Ok::<Value, Error>(json!({ "hash": hash, "batchItemFailures": [] }))
    };
    lambda_runtime::run(service_fn(answer)).await
}
