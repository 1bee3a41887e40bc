//! Saving an order and spending its coupon in one transaction.

use aws_mock::{coupon, order};
use domain::{Code, Coupon, Order, OrderId, OrderView};
use jiff::SignedDuration;
use store::{Claim, Row, SaveOutcome};
use telemetry::TraceParent;

use crate::Shop;

const CODE: &str = "ABCDEFGHJKLM";

fn code() -> Code {
    CODE.parse().expect("a code")
}

fn with(coupon: &Coupon, order: Order) -> Order {
    Order { discount: Some(coupon.discount_on(order.amount)), ..order }
}

impl Shop {
    async fn given(&self) -> Coupon {
        let coupon = coupon(CODE);
        self.tables.put("PromotionTable", coupon.columns()).await;
        coupon
    }

    async fn spend(&self, coupon: &Coupon, order: &Order, claim: Option<&Claim>) -> SaveOutcome {
        self.orders
            .save_with(order, TraceParent::begin(), claim, Some(coupon))
            .await
            .expect("an answer")
    }

    async fn saved(&self, id: OrderId) -> bool {
        self.orders.read(id).await.expect("an answer").is_some()
    }

    /// Returns the coupon's `spent_by` and `spent_at`, if it is spent.
    async fn spent(&self) -> Option<(String, String)> {
        let row = self.tables.rows("PromotionTable").await.remove(0);
        let text = |name: &str| row.get(name)?.as_s().ok().cloned();
        Some((text("spent_by")?, text("spent_at")?))
    }
}

fn claim(key: &str, answer: &str) -> Claim {
    Claim {
        key: key.parse().expect("a key"),
        fingerprint: "f".to_owned(),
        answer: answer.to_owned(),
    }
}

#[tokio::test]
async fn coupon_is_found_by_its_code_until_it_expires_or_is_spent() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let order = with(&coupon, order("81.50"));
    assert_eq!(
        shop.orders.find_spendable_coupon(&code(), order.placed_at).await.unwrap(),
        Some(coupon.clone())
    );
    assert_eq!(shop.orders.find_spendable_coupon(&code(), coupon.expires_at).await.unwrap(), None);
    let unknown = "MLKJHGFEDCBA".parse().unwrap();
    assert_eq!(shop.orders.find_spendable_coupon(&unknown, order.placed_at).await.unwrap(), None);
    shop.spend(&coupon, &order, None).await;
    assert_eq!(shop.orders.find_spendable_coupon(&code(), order.placed_at).await.unwrap(), None);
}

#[tokio::test]
async fn spending_saves_the_discount_and_the_spender() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let order = with(&coupon, order("81.50"));
    assert_eq!(shop.spend(&coupon, &order, Some(&claim("k", "first"))).await, SaveOutcome::Created);
    let spent = (order.id.to_string(), order.placed_at.to_string());
    assert_eq!(shop.spent().await, Some(spent));
    let read = shop.orders.read(order.id).await.unwrap().unwrap();
    assert_eq!(read, OrderView::new(order.clone(), None, None));
    assert_eq!(
        (read.total.to_string(), read.discount.unwrap().amount.to_string()),
        ("65.20".into(), "16.30".into())
    );
    let earned = shop.orders.read(coupon.order_id).await.unwrap();
    assert_eq!(earned, None, "the order that earned it was never placed");
}

#[tokio::test]
async fn outbox_returns_the_discounted_total() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let order = with(&coupon, order("90.00"));
    shop.spend(&coupon, &order, None).await;
    let outbox = shop.outbox().await;
    let mut found = vec![];
    for shard in outbox.shards() {
        found.extend(outbox.query_shard(shard, order.placed_at, None).await.unwrap().orders);
    }
    assert_eq!(found.iter().map(|found| &found.order).collect::<Vec<_>>(), [&order]);
    assert_eq!(found[0].order.total().to_string(), "72.00");
}

#[tokio::test]
async fn coupon_is_spent_once() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let (first, second) = (with(&coupon, order("81.50")), with(&coupon, order("81.50")));
    assert_eq!(shop.spend(&coupon, &first, None).await, SaveOutcome::Created);
    for claim in [None, Some(&claim("k", "second"))] {
        assert_eq!(shop.spend(&coupon, &second, claim).await, SaveOutcome::CouponRejected);
    }
    assert!(!shop.saved(second.id).await, "nothing is saved");
    assert_eq!(shop.tables.rows("IdempotencyKeysTable").await, [], "and the key is free");
    assert_eq!(shop.spent().await.map(|(by, _)| by), Some(first.id.to_string()));
}

#[tokio::test]
async fn mismatched_coupon_is_rejected() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let order = |taken_for: &Coupon| with(taken_for, order("81.50"));
    let other_code = Coupon { code: "MLKJHGFEDCBA".parse().unwrap(), ..coupon.clone() };
    let other_percent = Coupon { percent: 50, ..coupon.clone() };
    let nobodys = Coupon { order_id: order(&coupon).id, ..coupon.clone() };
    for taken_for in [&other_code, &other_percent, &nobodys] {
        let order = order(taken_for);
        assert_eq!(
            shop.spend(taken_for, &order, None).await,
            SaveOutcome::CouponRejected,
            "{taken_for:?}"
        );
        assert!(!shop.saved(order.id).await);
    }
    let late = Order { placed_at: coupon.expires_at, ..order(&coupon) };
    assert_eq!(shop.spend(&coupon, &late, None).await, SaveOutcome::CouponRejected, "expired");
    let in_time =
        Order { placed_at: coupon.expires_at - SignedDuration::from_secs(1), ..order(&coupon) };
    assert_eq!(shop.spend(&coupon, &in_time, None).await, SaveOutcome::Created);
    assert_eq!(shop.tables.rows("PromotionTable").await.len(), 1, "no ghost row");
}

#[tokio::test]
async fn saving_the_same_order_again_changes_nothing() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let order = with(&coupon, order("81.50"));
    shop.spend(&coupon, &order, None).await;
    let before = (shop.tables.rows("OrdersTable").await, shop.tables.rows("PromotionTable").await);
    assert_eq!(shop.spend(&coupon, &order, None).await, SaveOutcome::Created);
    assert_eq!(
        (shop.tables.rows("OrdersTable").await, shop.tables.rows("PromotionTable").await),
        before
    );
}

#[tokio::test]
async fn replay_returns_the_first_answer_despite_a_spent_coupon() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let (first, replay) = (with(&coupon, order("81.50")), with(&coupon, order("81.50")));
    shop.spend(&coupon, &first, Some(&claim("k", "first"))).await;
    let expected = SaveOutcome::Replayed { order_id: first.id, answer: "first".to_owned() };
    assert_eq!(shop.spend(&coupon, &replay, Some(&claim("k", "second"))).await, expected);
    let key = "k".parse().unwrap();
    assert_eq!(shop.orders.find_claim(&replay, &key, "f").await.unwrap(), Some(expected));
    let other = shop.orders.find_claim(&replay, &key, "g").await.unwrap();
    assert_eq!(other, Some(SaveOutcome::KeyConflict { order_id: first.id }));
    assert_eq!(shop.orders.find_claim(&replay, &"free".parse().unwrap(), "f").await.unwrap(), None);
}

#[tokio::test]
async fn concurrent_orders_with_one_coupon_save_one() {
    let shop = Shop::open().await;
    let coupon = shop.given().await;
    let orders: Vec<_> = (0..4).map(|_| with(&coupon, order("81.50"))).collect();
    let saved = futures::future::join_all(
        orders
            .iter()
            .map(|order| shop.orders.save_with(order, TraceParent::begin(), None, Some(&coupon))),
    )
    .await;
    let now = saved.iter().filter(|saved| matches!(saved, Ok(SaveOutcome::Created))).count();
    assert_eq!(now, 1, "{saved:?}");
    assert_eq!(shop.tables.rows("OrdersTable").await.len(), 1);
}
