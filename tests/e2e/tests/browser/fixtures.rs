//! Orders that progress only when a test says so: their rows are written directly into the tables.

use e2e::Deployment;
use uuid::Uuid;

/// An order that no subscriber has received.
pub(crate) struct Stalled {
    pub(crate) path: String,
    id: String,
    code: String,
}

const PLACED_AT: &str = "2026-11-22T09:58:00Z";
const SHIPPED_AT: &str = "2026-11-22T10:00:00Z";

impl Stalled {
    pub(crate) async fn place(shop: &Deployment, customer: &str, amount: &str) -> Self {
        Self::place_at(PLACED_AT, shop, customer, amount).await
    }

    /// Placed just now, so that its page still polls.
    pub(crate) async fn place_now(shop: &Deployment, customer: &str, amount: &str) -> Self {
        let now = shop.place("A clock", "1").await.answer.json()["placed_at"].clone();
        Self::place_at(now.as_str().expect("a time"), shop, customer, amount).await
    }

    async fn place_at(placed_at: &str, shop: &Deployment, customer: &str, amount: &str) -> Self {
        let id = Uuid::new_v4().to_string();
        let row = [
            ("id", id.as_str()),
            ("customer", customer),
            ("amount", amount),
            ("placed_at", placed_at),
        ];
        shop.put_row("OrdersTable", &row).await;
        // A unique code with letters and digits of the codes' alphabet.
        let code = id.replace(['0', '1', '-'], "X").to_uppercase()[..12].to_owned();
        Self { path: format!("/orders/{id}"), id, code }
    }

    pub(crate) async fn ship(&self, shop: &Deployment) {
        let row = [
            ("order_id", self.id.as_str()),
            ("tracking_number", "7KPW3Q9DZT4M"),
            ("shipped_at", SHIPPED_AT),
        ];
        shop.put_row("FulfilmentTable", &row).await;
    }

    pub(crate) async fn reward(&self, shop: &Deployment) {
        let expires = ("expires_at", "2099-02-20T10:00:00Z");
        let row = [
            ("order_id", self.id.as_str()),
            ("code", self.code.as_str()),
            ("percent", "20"),
            expires,
        ];
        shop.put_row("PromotionTable", &row).await;
    }
}
