//! Events, written by hand from the contract, and the sample invocations of `events/`.

use std::fs;

use serde_json::{Value, json};
use uuid::Uuid;

/// An `order.placed` event of an invented order.
#[derive(Clone, Debug)]
pub struct OrderEvent {
    /// The order's id.
    pub order_id: String,
    /// The total to pay.
    pub total: String,
}

impl OrderEvent {
    /// An event of a new order.
    #[must_use]
    pub fn of(total: &str) -> Self {
        Self { order_id: Uuid::new_v4().to_string(), total: total.to_owned() }
    }

    /// Its body, in version 1.
    #[must_use]
    pub fn body(&self) -> String {
        json!({
            "type": "order.placed", "version": 1, "order_id": self.order_id, "customer": "Ada Lovelace",
            "currency": "USD", "amount": self.total, "total": self.total, "placed_at": "2026-11-22T10:00:00Z"
        })
        .to_string()
    }
}

/// A `POST /orders` as API Gateway passes it on, with a body of this content type.
#[must_use]
pub fn post_event(content_type: &str, body: &str) -> Value {
    let mut event = fixture("orders/place-by-json.json");
    event["headers"]["content-type"] = json!(content_type);
    event["body"] = json!(body);
    event
}

/// A sample invocation, such as `orders/place-by-form.json`.
#[must_use]
pub fn fixture(name: &str) -> Value {
    let file = devstack::root().join("events").join(name);
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
