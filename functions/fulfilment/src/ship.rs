//! From an event to a shipment in the table.

use batch::Verdict;
use domain::{Code, OrderPlaced, Shipment};
use jiff::Timestamp;
use store::{Inserted, Ledger};

/// A parcel for the order, shipped now.
pub(crate) fn prepare(event: &OrderPlaced) -> Shipment {
    let mut entropy = [0; 12];
    getrandom::fill(&mut entropy).expect("the operating system gives random bytes");
    let now = Timestamp::now().as_second();
    Shipment {
        order_id: event.order_id,
        tracking_number: Code::from_entropy(entropy),
        shipped_at: Timestamp::from_second(now).expect("the second of a timestamp is in range"),
    }
}

/// Sends the parcels off, each unless an earlier delivery of its event did.
pub(crate) async fn commit(shipments: &Ledger, parcels: &[Shipment]) -> Vec<Verdict> {
    let inserted = shipments.insert(parcels).await.into_iter();
    let verdicts = inserted.map(|inserted| match inserted {
        Inserted::New => Verdict::Done,
        Inserted::AlreadyThere => Verdict::AlreadyDone,
        Inserted::Failed(error) => Verdict::Retry(error.to_string()),
    });
    verdicts.collect()
}
