//! Saving an order in one write, with the key that makes its repetitions one and the coupon that is
//! spent on it.

use domain::{Code, IdempotencyKey, Order, OrderView};
use store::{Claim, Orders, SaveOutcome, StoreError};
use telemetry::TraceParent;

/// What makes a request and its repetitions one.
pub(crate) struct Key {
    pub(crate) key: IdempotencyKey,
    /// A digest of the request's body.
    pub(crate) fingerprint: String,
}

/// Saves an order, which has its discount from here on if it has a coupon. Without key and coupon
/// it is one put.
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

/// The coupon cannot be spent; but the key outranks it, as the same request may have spent it
/// before.
async fn refuse(
    orders: &Orders,
    order: &Order,
    key: Option<Key>,
) -> Result<SaveOutcome, StoreError> {
    let Some(Key { key, fingerprint }) = key else { return Ok(SaveOutcome::CouponRejected) };
    let before = orders.find_claim(order, &key, &fingerprint).await?;
    Ok(before.unwrap_or(SaveOutcome::CouponRejected))
}

/// What a new order is answered with, now and whenever its request is repeated.
pub(crate) fn answer_body(order: &Order) -> String {
    let view = OrderView::new(order.clone(), None, None);
    serde_json::to_string(&view).expect("an order of strings and numbers always serialises")
}
