//! `ops check`.

use std::time::Duration;

use e2e::{Deployment, Ran, ops};
use serde_json::json;
use uuid::Uuid;

const LONG_AGO: &str = "2001-01-01T00:00:00Z";

/// Rows that a test writes directly into the tables.
struct Made {
    shop: Deployment,
    ids: Vec<String>,
}

impl Made {
    async fn order(&mut self, amount: &str, placed_at: &str) -> String {
        let id = self.shop.put_order(amount, placed_at).await;
        self.ids.push(id.clone());
        id
    }

    fn id(&mut self) -> String {
        let id = Uuid::new_v4().to_string();
        self.ids.push(id.clone());
        id
    }

    async fn shipment(&self, id: &str) {
        let row = [("order_id", id), ("tracking_number", "ABCDEFGHJKLM"), ("shipped_at", LONG_AGO)];
        self.shop.put_row("FulfilmentTable", &row).await;
    }

    async fn invoice(&self, id: &str) {
        let row = [("order_id", id), ("number", "1"), ("issued_at", LONG_AGO)];
        self.shop.put_row("InvoicingTable", &row).await;
    }

    /// Adds the rows that every order has.
    async fn carried_out(&self, id: &str) {
        self.shipment(id).await;
        self.invoice(id).await;
    }

    async fn coupon(&self, id: &str, code: &str, spent: &[(&str, &str)]) {
        let row = [("order_id", id), ("code", code), ("percent", "20"), ("expires_at", LONG_AGO)];
        self.shop.put_row("PromotionTable", &[&row[..], spent].concat()).await;
    }

    /// Adds an earned coupon that is spent on an order.
    async fn coupon_spent_on(&mut self, id: &str, code: &str) -> String {
        let earned_by = self.order("1.00", LONG_AGO).await;
        self.carried_out(&earned_by).await;
        self.coupon(&earned_by, code, &[("spent_by", id), ("spent_at", LONG_AGO)]).await;
        earned_by
    }

    async fn clean_up(self) {
        for id in &self.ids {
            self.shop.delete_row("OrdersTable", "id", id).await;
            self.shop.delete_row("FulfilmentTable", "order_id", id).await;
            self.shop.delete_row("InvoicingTable", "order_id", id).await;
            self.shop.delete_row("PromotionTable", "order_id", id).await;
        }
    }
}

/// The findings about an order.
fn findings(check: &Ran, id: &str) -> Vec<String> {
    let of_order = check.objects_with("order_id", id).into_iter();
    of_order.map(|object| object["finding"].as_str().expect("a finding").to_owned()).collect()
}

#[tokio::test]
async fn check_lists_every_difference_and_nothing_else() {
    let shop = Deployment::under_test().await;
    let placed = [shop.place("Ada", "81.50").await.id, shop.place("Ada", "79.99").await.id];
    shop.with_coupon(&placed[0]).await;
    for id in &placed {
        shop.fulfilled(id).await;
    }
    let mut made = Made { shop: shop.clone(), ids: vec![] };
    let lost = made.order("81.5", LONG_AGO).await;
    let [at, under, unearned, large, broken, shipment, invoice, coupon] = [
        made.order("80", LONG_AGO).await,
        made.order("79.99", LONG_AGO).await,
        made.order("79.99", LONG_AGO).await,
        made.order("600000", LONG_AGO).await,
        made.order("0", LONG_AGO).await,
        made.id(),
        made.id(),
        made.id(),
    ];
    for id in [&at, &under, &unearned, &large, &broken] {
        made.carried_out(id).await;
    }
    made.shipment(&shipment).await;
    made.invoice(&invoice).await;
    // Rows that our code never writes: they are reported, and do not stop the comparison.
    let junk = format!("junk-{}", made.id());
    made.ids.push(junk.clone());
    made.shipment(&junk).await;
    let ghost = made.order("1.00", LONG_AGO).await;
    made.shop.put_row("FulfilmentTable", &[("order_id", &ghost)]).await;
    made.invoice(&ghost).await;
    made.coupon(&unearned, "ABCDEFGHJKLM", &[]).await;
    made.coupon(&coupon, "ABCDEFGHJKLM", &[]).await;

    let check = ops(&["check", "--json"]).await;
    check.assert_code(3);
    let expected: [(&String, &[&str]); 11] = [
        (&lost, &["no_shipment", "no_invoice", "no_coupon"]),
        (&at, &["no_coupon"]),
        (&under, &[]),
        (&unearned, &["coupon_not_earned"]),
        (&large, &["no_coupon"]),
        (&broken, &["unreadable"]),
        (&junk, &["unreadable"]),
        (&ghost, &["unreadable"]),
        (&shipment, &["shipment_without_order"]),
        (&invoice, &["invoice_without_order"]),
        (&coupon, &["coupon_without_order"]),
    ];
    for (id, differences) in expected {
        assert_eq!(findings(&check, id), differences, "{id}");
    }
    for id in &placed {
        assert_eq!(findings(&check, id), [""; 0], "{id} is as it should be");
    }
    let text = ops(&["check"]).await;
    let line = text.stdout.lines().find(|line| line.starts_with(&lost)).expect("the lost order");
    assert!(line.contains(&format!("ops orders replay {lost}")), "it says what to do: {line}");
    made.clean_up().await;
}

#[tokio::test]
async fn discount_and_its_coupon_must_reference_each_other() {
    let shop = Deployment::under_test().await;
    let code = shop.earned_coupon().await;
    let right = shop.place_with_coupon("Ada", "50.00", &code).await.id;
    shop.fulfilled(&right).await;
    shop.invoiced(&right).await;
    let mut made = Made { shop: shop.clone(), ids: vec![] };
    let unspent = shop.earned_coupon().await;
    let free = shop.place_with_coupon("Ada", "50.00", &unspent).await.id;
    made.ids.push(free.clone());
    shop.fulfilled(&free).await;
    shop.invoiced(&free).await;
    let mut coupon = shop.coupon_row(&unspent).await;
    assert!(coupon.remove("spent_by").is_some() && coupon.remove("spent_at").is_some());
    let coupon: Vec<_> = coupon.iter().map(|(name, value)| (&**name, &**value)).collect();
    shop.put_row("PromotionTable", &coupon).await;
    let undiscounted = made.order("50.00", LONG_AGO).await;
    made.carried_out(&undiscounted).await;
    let nobody = made.id();
    let mut earned_by = vec![];
    for id in [&undiscounted, &nobody, &right] {
        earned_by.push(made.coupon_spent_on(id, "MLKJHGFEDCBA").await);
    }

    let young = ops(&["check", "--json"]).await;
    assert_eq!(
        findings(&young, &free),
        [""; 0],
        "its coupon may have been read before it was spent"
    );
    let check = async || {
        let check = ops(&["check", "--grace", "1", "--json"]).await;
        (!findings(&check, &free).is_empty()).then_some(check)
    };
    let check =
        e2e::eventually("the order is beyond the grace", Duration::from_secs(20), check).await;
    assert_eq!(findings(&check, &free), ["discount_without_coupon"]);
    for id in [&undiscounted, &nobody, &right] {
        assert_eq!(findings(&check, id), ["coupon_without_discount"], "{id}");
    }
    let of_right = check.objects_with("order_id", &right).remove(0);
    assert_eq!(of_right["earned_by"], *earned_by[2], "it says which coupon");
    assert!(
        !check.stdout.contains("MLKJHGFEDCBA") && !check.stdout.contains(&unspent),
        "a code is as good as money"
    );
    made.clean_up().await;
    assert_eq!(findings(&ops(&["check", "--grace", "1", "--json"]).await, &right), [""; 0]);
}

#[tokio::test]
async fn orders_are_missed_only_after_the_grace_period() {
    let shop = Deployment::under_test().await;
    let mut made = Made { shop: shop.clone(), ids: vec![] };
    // The most recent second: an order that the shop placed just now.
    let now = shop.place("Ada", "1.00").await.answer.json()["placed_at"]
        .as_str()
        .expect("a time")
        .to_owned();
    let young = made.order("81.5", &now).await;
    assert_eq!(findings(&ops(&["check", "--grace", "3600", "--json"]).await, &young), [""; 0]);
    let missed = async || {
        (findings(&ops(&["check", "--grace", "1", "--json"]).await, &young).len() == 3)
            .then_some(())
    };
    e2e::eventually("an order beyond the grace is missed", Duration::from_secs(20), missed).await;
    made.clean_up().await;
}

#[tokio::test]
async fn order_placed_before_since_is_not_missed() {
    let shop = Deployment::under_test().await;
    let mut made = Made { shop: shop.clone(), ids: vec![] };
    let old = made.order("81.5", LONG_AGO).await;
    let check = ops(&["check", "--json"]).await;
    assert_eq!(findings(&check, &old).len(), 3);
    assert!(
        check.stderr.contains("--since"),
        "it says what to do about older orders: {}",
        check.stderr
    );
    let check = ops(&["check", "--since", "2001-01-01T00:00:01Z", "--json"]).await;
    assert_eq!(findings(&check, &old), [""; 0]);
    made.clean_up().await;
}

#[tokio::test]
async fn check_uses_the_deployed_filter_threshold() {
    let shop = Deployment::under_test().await;
    let mut made = Made { shop: shop.clone(), ids: vec![] };
    let large = made.order("700000", LONG_AGO).await;
    made.carried_out(&large).await;
    assert_eq!(findings(&ops(&["check", "--json"]).await, &large), ["no_coupon"]);
    // No other test orders this much, so the change affects none.
    let narrower = json!({ "amount": [{ "numeric": [">=", 80, "<", 650_000] }] });
    shop.set_filter("PromotionQueueUrl", &narrower).await;
    let check = ops(&["check", "--json"]).await;
    shop.set_filter("PromotionQueueUrl", &json!({ "amount": [{ "numeric": [">=", 80] }] })).await;
    assert_eq!(findings(&check, &large), [""; 0]);
    assert!(check.stderr.contains(">= 80 and < 650000"), "{}", check.stderr);
    made.clean_up().await;
}
