//! Many concurrent orders, compared with the client's record of every response.

use std::collections::BTreeMap;

use e2e::{Deployment, cents};
use futures::{StreamExt, stream};

const ORDERS: u64 = 200;
const AT_ONCE: usize = 50;

#[tokio::test]
async fn two_hundred_concurrent_orders_match_to_the_cent() {
    let shop = Deployment::under_test().await;
    // From 60.00 up in uneven steps, so that about half of them are below 80.
    let amounts = (0..ORDERS)
        .map(|order| 6_000 + order * 23)
        .map(|cents| format!("{}.{:02}", cents / 100, cents % 100));
    let place = |amount: String| async {
        let placed = shop.place("Katherine Johnson", &amount).await;
        let answered = placed.answer.json();
        assert_eq!(
            (answered["amount"].as_str(), answered["total"].as_str()),
            (Some(&*amount), Some(&*amount))
        );
        (placed.id, amount)
    };
    let client_record: BTreeMap<String, String> =
        stream::iter(amounts).map(place).buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(client_record.len() as u64, ORDERS, "an id was given twice");

    for (id, amount) in &client_record {
        let order = shop.fulfilled(id).await;
        assert_eq!(order["amount"].as_str(), Some(&**amount), "{id}");
        let row =
            shop.row("OrdersTable", "id", id).await.expect("an accepted order is in the table");
        assert_eq!(cents(&row["amount"]), cents(amount), "{id}");
    }
    shop.drained("PromotionQueueUrl").await;
    for (id, amount) in &client_record {
        let coupon = shop.row("PromotionTable", "order_id", id).await;
        assert_eq!(coupon.is_some(), cents(amount) >= 8_000, "{id} of {amount}: {coupon:?}");
    }
}
