//! Least privilege: the stack on an emulator that verifies signatures and evaluates policies, over
//! TLS. The system works, and every action that its roles do not need is tried as each role and
//! denied.

mod calls;
mod coverage;
mod deploy_role;
mod happy_path;
mod page;
mod queues;
mod resources;
mod signatures;
mod signed_http;
mod system;
mod table;

use std::time::Duration;

use tokio::sync::RwLock;

/// Tests that rely on the queues' messages take it to read; tests that remove messages take it to
/// write.
static QUEUES: RwLock<()> = RwLock::const_new(());

/// A time limit for immediate effects.
const SOON: Duration = Duration::from_secs(30);
