//! The soak's result.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use e2e::{Audit, ClientRecord, DeadLetters, EffectOrder};

/// The labels and counts of faults, and of the comparison.
pub(crate) fn rows(
    seed: u64,
    time: Duration,
    client_record: &ClientRecord,
    audit: &Audit,
    dead_letters: DeadLetters,
) -> Vec<(String, String)> {
    let (accepted, unclear, refused) =
        (client_record.accepted.len(), client_record.unclear.len(), client_record.wrong.len());
    let counts = [
        ("Orders that customers tried to place", (accepted + unclear + refused).to_string()),
        ("Answered 201 or 303", accepted.to_string()),
        (
            "Outcome unknown to the customer (of these saved)",
            format!("{unclear} ({})", audit.unclear_saved),
        ),
        ("Unclear answers, repeated or not", client_record.unclear_answers.to_string()),
        ("Good orders refused", refused.to_string()),
        ("Orders in the table", audit.orders.to_string()),
        ("Fulfilled", audit.fulfilled.to_string()),
        ("Coupons", audit.coupons.to_string()),
        ("Coupons spent", audit.spent.to_string()),
        (
            "Orders refused for a coupon that another has spent",
            client_record.coupon_rejections.len().to_string(),
        ),
        (
            "**Coupons spent twice, or not as the order says**",
            format!("**{}**", audit.misspent.len()),
        ),
        ("Invoices, each with a number of its own", audit.invoices.to_string()),
        ("**Lost**", format!("**{}**", audit.lost.len())),
        ("**Done twice**", format!("**{}**", audit.doubled.len())),
        (
            "In a dead-letter queue, redriven (left there)",
            format!("{} ({})", dead_letters.came, dead_letters.left),
        ),
    ];
    let seed = [("Seed".to_owned(), seed.to_string())];
    let counts = counts.map(|(what, count)| (what.to_owned(), count));
    seed.into_iter().chain(counts).chain([e2e::time_row(time)]).collect()
}

/// The labels and counts of faults of calls, and of disturbances.
pub(crate) fn fault_rows(
    faults: &BTreeMap<&'static str, u32>,
    disturbances: &BTreeMap<&'static str, u32>,
) -> Vec<(String, String)> {
    let mut rows = vec![];
    for (what, kinds) in [("Faults injected into calls", faults), ("Disturbances", disturbances)] {
        rows.push((what.to_owned(), kinds.values().sum::<u32>().to_string()));
        rows.extend(kinds.iter().map(|(kind, times)| (format!("– {kind}"), times.to_string())));
    }
    rows
}

/// The labels and counts of what the proxy saw of the effects.
pub(crate) fn call_rows(inserts: usize, unseen: usize) -> [(String, String); 2] {
    [
        ("Inserts of rows, each watched as it happened", inserts.to_string()),
        ("**Rows that no insert was seen to make**", format!("**{unseen}**")),
    ]
    .map(|(what, count)| (what.to_owned(), count))
}

/// The labels and counts of the order of effects.
pub(crate) fn ordering_rows(
    ordering: &EffectOrder,
    redriven: &BTreeSet<String>,
) -> [(String, String); 4] {
    let EffectOrder { effects, by_relay, out_of_order } = ordering;
    [
        ("Effects whose order was compared", effects.to_string()),
        ("**Out of order**", format!("**{}**", out_of_order.len())),
        ("Orders not compared: published by the relay", by_relay.len().to_string()),
        ("Orders not compared: redriven from a dead-letter queue", redriven.len().to_string()),
    ]
    .map(|(what, count)| (what.to_owned(), count))
}
