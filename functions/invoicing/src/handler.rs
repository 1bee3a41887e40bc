//! From an event to an invoice in the table.

use domain::{Invoice, OrderId, OrderPlaced};
use jiff::Timestamp;
use metrique_writer::Entry;
use metrique_writer::unit::AsCount;
use sqs_batch::{Account, Verdict};
use store::EffectTable;
use telemetry::counted;

/// An invoice that has no number yet.
#[derive(Debug)]
pub(crate) struct Bill {
    order_id: OrderId,
    issued_at: Timestamp,
}

/// What is measured of a batch.
#[derive(Entry)]
#[entry(rename_all = "PascalCase")]
pub(crate) struct Issued {
    invoices_issued: Option<AsCount<u64>>,
}

/// A bill for the order, written now.
pub(crate) fn prepare(event: &OrderPlaced) -> Bill {
    let now = Timestamp::now().as_second();
    let issued_at = Timestamp::from_second(now).expect("the second of a timestamp is in range");
    Bill { order_id: event.order_id, issued_at }
}

/// Numbers the bills and files them, each unless an earlier delivery of its event did; then its number is left out.
pub(crate) async fn commit(invoices: &EffectTable, bills: &[Bill]) -> Vec<Verdict> {
    let numbers = match invoices.reserve_sequence_numbers(bills.len()).await {
        Ok(numbers) => numbers,
        Err(error) => return vec![Verdict::Retry(error.to_string()); bills.len()],
    };
    let numbered = numbers.zip(bills).map(|(number, Bill { order_id, issued_at })| Invoice {
        order_id: *order_id,
        number: number.into(),
        issued_at: *issued_at,
    });
    subscriber::insert(invoices, &numbered.collect::<Vec<_>>()).await
}

pub(crate) fn measure(account: &Account) -> Issued {
    Issued { invoices_issued: counted(account.ages.len() as u64) }
}
