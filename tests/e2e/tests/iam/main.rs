//! Least privilege, tried: the stack on an emulator that checks signatures and asks policies, over
//! TLS. The system works, and whatever its roles need not do is tried as each of them and denied.

mod calls;
mod coverage;
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

/// Whoever reads it counts on the queues; whoever writes it takes from them what is there.
static QUEUES: RwLock<()> = RwLock::const_new(());

/// Long enough for what happens at once.
const SOON: Duration = Duration::from_secs(30);
