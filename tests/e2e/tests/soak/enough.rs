//! Whether enough happened in a soak for its result to say anything.

use std::collections::BTreeMap;

use devstack::FaultProxy;
use e2e::{Audit, ClientRecord, DeadLetters, EffectOrder};

/// What happened.
pub(crate) struct Happened<'a> {
    /// The orders that customers were to place, without those who race for coupons.
    pub(crate) orders: u32,
    /// How many of them they placed in time.
    pub(crate) placed: u32,
    pub(crate) client_record: &'a ClientRecord,
    pub(crate) audit: &'a Audit,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) faults: &'a BTreeMap<&'static str, u32>,
    pub(crate) disturbances: &'a BTreeMap<&'static str, u32>,
    /// The order of effects, on a FIFO stack.
    pub(crate) ordering: Option<&'a EffectOrder>,
}

/// Coupons of so many orders, one in this many, are spent and refused at least.
const COUPONS_OF: usize = 100;
/// Of so many orders, at most one may be an exception to what the soak compares.
const EXCEPTIONS_OF: usize = 10;
/// With fewer orders than this, chance may leave out one kind of fault.
const SHORT: u32 = 1_000;

/// What happened too rarely, or too often.
pub(crate) fn doubts(happened: &Happened<'_>) -> Vec<String> {
    let Happened { orders, placed, client_record, audit, dead_letters, .. } = happened;
    let accepted = client_record.accepted.len();
    let mut doubts = vec![];
    let mut doubt = |is_doubtful: bool, what: String| {
        if is_doubtful {
            doubts.push(what);
        }
    };
    doubt(placed < orders, format!("only {placed} of {orders} orders in --minutes"));
    let unclear = client_record.unclear.len();
    doubt(unclear * EXCEPTIONS_OF > accepted, format!("{unclear} orders without a clear answer"));
    let came = dead_letters.came;
    let is_many = came > (accepted / EXCEPTIONS_OF) as u64;
    doubt(is_many, format!("{came} dead letters: the subscribers hardly work"));

    let least = accepted / COUPONS_OF;
    let rejections = client_record.coupon_rejections.len();
    for (what, times) in [("spent", audit.spent), ("refused", rejections)] {
        doubt(times < least.max(1), format!("only {times} coupons {what}"));
    }
    let mut missing = FaultProxy::storm_faults();
    missing.retain(|fault| !happened.faults.contains_key(fault));
    let may_miss = usize::from(*orders < SHORT);
    doubt(missing.len() > may_miss, format!("no {}", missing.join(", no ")));
    for (disturbance, times) in happened.disturbances {
        doubt(*times == 0, format!("no disturbance: {disturbance}"));
    }
    if let Some(EffectOrder { effects, by_relay, .. }) = happened.ordering {
        let by_relay = by_relay.len();
        doubt(*effects < accepted, format!("only {effects} effects were compared"));
        doubt(
            by_relay * EXCEPTIONS_OF > accepted,
            format!("the relay published {by_relay} orders"),
        );
    }
    doubts
}
