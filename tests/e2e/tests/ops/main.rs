//! The `ops` command against a deployed stack: the real binary, queues and tables.

mod check;
mod dlq;
mod orders;
mod purge;
mod redrive;
mod trace;

use std::time::Duration;

use tokio::sync::Mutex;

/// More often than any call is retried.
const EVERY_TIME: u32 = 100;

/// A time limit for immediate effects.
const SOON: Duration = Duration::from_secs(30);

/// Serialises tests on the dead-letter queue of promotion's subscription. No test redrives it, so
/// its messages stay; and only one test at a time hides them.
static PROMOTION_SUBSCRIPTION: Mutex<()> = Mutex::const_new(());
