//! The soak's result.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::{Audit, DeadLetters, Ledger};
use serde::Serialize;

/// What happened, and how ledger and tables compare. All but the seed and the time are counts.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    seed: u64,
    asked: usize,
    accepted: usize,
    unclear: usize,
    unclear_saved: usize,
    unclear_answers: u64,
    orders: usize,
    fulfilled: usize,
    coupons: usize,
    lost: usize,
    doubled: usize,
    wrong: usize,
    dead_lettered: u64,
    left_in_dlq: u64,
    faults: BTreeMap<&'static str, u32>,
    seconds: u64,
}

impl Report {
    pub(crate) fn of(
        seed: u64,
        time: Duration,
        ledger: &Ledger,
        audit: &Audit,
        dead_letters: DeadLetters,
        faults: BTreeMap<&'static str, u32>,
    ) -> Self {
        let (accepted, unclear, wrong) = (ledger.accepted.len(), ledger.unclear.len(), ledger.wrong.len());
        Self {
            seed,
            asked: accepted + unclear + wrong,
            accepted,
            unclear,
            unclear_saved: audit.unclear_saved,
            unclear_answers: ledger.unclear_answers,
            orders: audit.orders,
            fulfilled: audit.fulfilled,
            coupons: audit.coupons,
            lost: audit.lost.len(),
            doubled: audit.doubled.len(),
            wrong,
            dead_lettered: dead_letters.came,
            left_in_dlq: dead_letters.left,
            faults,
            seconds: time.as_secs(),
        }
    }

    /// As a Markdown table.
    pub(crate) fn table(&self) -> String {
        let injected: u32 = self.faults.values().sum();
        let counts = [
            ("Orders that customers tried to place".to_owned(), self.asked.to_string()),
            ("Answered 201 or 303".to_owned(), self.accepted.to_string()),
            (
                "Unclear to the end (of these in the table)".to_owned(),
                format!("{} ({})", self.unclear, self.unclear_saved),
            ),
            ("Unclear answers, those included that became clear".to_owned(), self.unclear_answers.to_string()),
            ("Orders in the table".to_owned(), self.orders.to_string()),
            ("Fulfilled".to_owned(), self.fulfilled.to_string()),
            ("Coupons".to_owned(), self.coupons.to_string()),
            ("**Lost**".to_owned(), format!("**{}**", self.lost)),
            ("**Doubled**".to_owned(), format!("**{}**", self.doubled)),
            ("Good orders refused".to_owned(), self.wrong.to_string()),
            (
                "Came to a dead-letter queue, redriven (left there)".to_owned(),
                format!("{} ({})", self.dead_lettered, self.left_in_dlq),
            ),
            ("Faults injected".to_owned(), injected.to_string()),
        ];
        let kinds = self.faults.iter().map(|(kind, times)| (format!("– {kind}"), times.to_string()));
        let time = [("Time".to_owned(), format!("{} min {} s", self.seconds / 60, self.seconds % 60))];
        let rows = counts.into_iter().chain(kinds).chain(time).map(|(what, count)| format!("| {what} | {count} |"));
        let head = [format!("| Seed {} | |", self.seed), "|---|--:|".to_owned()];
        head.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }
}
