//! An event function that does a fixed amount of work of the kinds that a handler does: system
//! calls, allocation, formatting and a little SHA-256. CPU times are compared with its own, because
//! the ratio of two times of the same minute varies less between machines than the times do.
//!
//! SHA-256 is ring's, in assembly, so that no compiler option of the functions changes it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use ring::digest::{SHA256, digest};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

const HASHED_BYTES: usize = 16 * 1024;
const TEXTS: u32 = 1_000;
const MESSAGES: usize = 40;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let answer = async |_: LambdaEvent<IgnoredAny>| {
        work()?;
        Ok::<Value, Error>(json!({ "batchItemFailures": [] }))
    };
    lambda_runtime::run(service_fn(answer)).await
}

fn work() -> std::io::Result<()> {
    let bytes = black_box([7; HASHED_BYTES]);
    black_box(digest(&SHA256, &bytes));
    let texts: BTreeMap<_, _> =
        (0..TEXTS).map(|number| (format!("{number:x}"), number.to_string())).collect();
    black_box(texts);
    let (mut sender, mut receiver) = UnixStream::pair()?;
    let mut message = [0; 1024];
    for _ in 0..MESSAGES {
        sender.write_all(&message)?;
        receiver.read_exact(&mut message)?;
    }
    Ok(())
}
