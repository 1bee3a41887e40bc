//! Turns an `order.placed` event into an invoice row.

use std::time::Duration;

use domain::{Invoice, OrderId, OrderPlaced, whole_seconds};
use jiff::Timestamp;
use metrique_writer::Entry;
use metrique_writer::unit::AsCount;
use subscriber::{EffectTable, RecordOutcome, nonzero_count};

/// An invoice that has no number yet.
#[derive(Debug)]
pub(crate) struct UnnumberedInvoice {
    order_id: OrderId,
    issued_at: Timestamp,
}

/// Invoicing's own metrics for a batch.
#[derive(Entry)]
#[entry(rename_all = "PascalCase")]
pub(crate) struct InvoicingMetrics {
    invoices_issued: Option<AsCount<u64>>,
}

/// Returns an invoice for the order, issued now. [`commit`] adds its number.
pub(crate) fn prepare(event: &OrderPlaced) -> UnnumberedInvoice {
    UnnumberedInvoice { order_id: event.order_id, issued_at: whole_seconds(Timestamp::now()) }
}

/// Numbers the invoices and inserts them. If an earlier delivery already inserted an order's
/// invoice, the new number stays unused.
pub(crate) async fn commit(
    invoices: &EffectTable,
    unnumbered: &[UnnumberedInvoice],
) -> Vec<RecordOutcome> {
    let numbers = match invoices.reserve_sequence_numbers(unnumbered.len()).await {
        Ok(numbers) => numbers,
        Err(error) => {
            return vec![RecordOutcome::Retry(error.to_string()); unnumbered.len()];
        }
    };
    let numbered =
        numbers.zip(unnumbered).map(|(number, UnnumberedInvoice { order_id, issued_at })| {
            Invoice { order_id: *order_id, number: number.into(), issued_at: *issued_at }
        });
    subscriber::insert(invoices, &numbered.collect::<Vec<_>>()).await
}

pub(crate) fn measure(ages: &[Duration]) -> InvoicingMetrics {
    InvoicingMetrics { invoices_issued: nonzero_count(ages.len() as u64) }
}
