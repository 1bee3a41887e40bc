//! Whether the stepped clock reaches the functions: libfaketime is preloaded, and says nothing if it
//! was not.

use std::time::Duration;

use anyhow::Result;
use e2e::{FaultStack, eventually};
use jiff::{SignedDuration, Timestamp};

const STEP_SECONDS: i64 = 5;
/// What the step leaves of itself in a time that is cut off to a second.
const SEEN_SECONDS: i64 = 3;
const SOON: Duration = Duration::from_secs(30);

/// Places orders at a clock that is ahead and at one that is behind, and returns which of them does
/// not show in an order's row.
pub(crate) async fn does_not_reach(stack: &FaultStack) -> Result<Vec<String>> {
    let mut doubts = vec![];
    for seconds in [STEP_SECONDS, -STEP_SECONDS] {
        stack.step_clock(seconds)?;
        let before = Timestamp::now();
        let placed_at = placed_at(stack).await;
        let after = Timestamp::now();
        let seen = SignedDuration::from_secs(SEEN_SECONDS);
        let is_stepped =
            if seconds > 0 { placed_at > before + seen } else { placed_at < after - seen };
        if !is_stepped {
            doubts.push(format!("a step of {seconds} s does not reach the functions"));
        }
    }
    stack.step_clock(0)?;
    Ok(doubts)
}

/// The time that the orders function gives to a new order.
async fn placed_at(stack: &FaultStack) -> Timestamp {
    let id = stack.shop.place("Ada", "12.34").await.id;
    let row = eventually("the order is saved", SOON, async || {
        stack.shop.row("OrdersTable", "id", &id).await
    });
    row.await["placed_at"].parse().expect("a time")
}
