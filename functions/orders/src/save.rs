//! Saves an order in one write, with its idempotency key and its coupon.

use domain::{Code, IdempotencyKey, Order, OrderView};
use store::{Claim, Orders, SaveOutcome, StoreError};
use telemetry::TraceParent;

/// An idempotency key with the fingerprint of its request.
pub(crate) struct Key {
    pub(crate) key: IdempotencyKey,
    /// A digest of the request's body.
    pub(crate) fingerprint: String,
}

/// Saves an order, and sets its discount if it has a coupon. Without a key and a coupon this is a
/// single put.
pub(crate) async fn save(
    orders: &Orders,
    order: &mut Order,
    trace: TraceParent,
    code: Option<&Code>,
    key: Option<Key>,
) -> Result<SaveOutcome, StoreError> {
    let coupon = match code {
        None => None,
        Some(code) => match orders.find_spendable_coupon(code, order.placed_at).await? {
            None => return refuse(orders, order, key).await,
            found => found,
        },
    };
    order.discount = coupon.as_ref().map(|coupon| coupon.discount_on(order.amount));
    let claim =
        key.map(|Key { key, fingerprint }| Claim { key, fingerprint, answer: answer_body(order) });
    if claim.is_none() && coupon.is_none() {
        return orders.save(order, trace).await.map(|()| SaveOutcome::Created);
    }
    orders.save_with(order, trace, claim.as_ref(), coupon.as_ref()).await
}

/// The result for a coupon that cannot be spent. An earlier request with the same key may have
/// spent it, so the key is checked first.
async fn refuse(
    orders: &Orders,
    order: &Order,
    key: Option<Key>,
) -> Result<SaveOutcome, StoreError> {
    let Some(Key { key, fingerprint }) = key else { return Ok(SaveOutcome::CouponRejected) };
    let before = orders.find_claim(order, &key, &fingerprint).await?;
    Ok(before.unwrap_or(SaveOutcome::CouponRejected))
}

/// The response body for a new order. Repetitions of the request get the same body.
pub(crate) fn answer_body(order: &Order) -> String {
    let view = OrderView::new(order.clone(), None, None);
    serde_json::to_string(&view).expect("an order of strings and numbers always serialises")
}
