//! The operator's command against a deployed stack: the real binary, the real queues and tables.

mod check;
mod dlq;
mod orders;
mod purge;
mod redrive;
mod trace;

use std::env;
use std::time::Duration;

use devstack::FaultProxy;
use tokio::sync::Mutex;

/// More often than anything is tried.
const EVERY_TIME: u32 = 100;

/// Long enough for what happens at once.
const SOON: Duration = Duration::from_secs(30);

/// Whose turn it is at the dead-letter queue of promotion's subscription, which no test redrives:
/// what one test puts there stays, and no other hides it.
static PROMOTION_SUBSCRIPTION: Mutex<()> = Mutex::const_new(());

async fn proxy() -> FaultProxy {
    let endpoint = env::var("AWS_ENDPOINT_URL")
        .expect("the faults need an emulator: AWS_ENDPOINT_URL names it");
    FaultProxy::start(&endpoint).await.expect("a port is free")
}
