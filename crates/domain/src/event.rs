//! The `order.placed` event, version 1 of its contract: fields may be added, never changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, Currency, CustomerName, Order, OrderId};

/// `order.placed`, version 1, as published on the topic and read from the queues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(deserialize_with = "version_1")]
    version: u32,
    /// The order's id.
    pub order_id: OrderId,
    /// The customer's name. Personal data: for the services that need it, never for a log.
    pub customer: CustomerName,
    /// The currency of `amount` and `total`.
    pub currency: Currency,
    /// The amount ordered.
    pub amount: Amount,
    /// The amount to pay, after the discount.
    pub total: Amount,
    /// When the order was accepted, UTC.
    pub placed_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "order.placed")]
    OrderPlaced,
}

/// Compares the version as a double, like a validator of the published schema: `1.0` is 1.
fn version_1<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let version = f64::deserialize(deserializer)?;
    if version.total_cmp(&OrderPlaced::VERSION.into()).is_ne() {
        return Err(serde::de::Error::custom(format_args!(
            "version {version} is not one this subscriber knows"
        )));
    }
    Ok(OrderPlaced::VERSION)
}

/// Why a message body is not an [`OrderPlaced`]: the position in the text, never its content.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an order.placed event, version 1: {problem} at line {line} column {column}")]
pub struct EventError {
    problem: &'static str,
    line: usize,
    column: usize,
}

impl OrderPlaced {
    /// The event's name, also its `type` message attribute.
    pub const TYPE: &'static str = "order.placed";
    /// The contract's version.
    pub const VERSION: u32 = 1;

    /// Parses a message body. Unknown fields are ignored, because a newer producer may add some.
    pub fn decode(body: &str) -> Result<Self, EventError> {
        if !body.trim_start().starts_with('{') {
            return Err(EventError { problem: "not a JSON object", line: 1, column: 1 });
        }
        serde_json::from_str(body).map_err(|error| EventError {
            problem: match error.classify() {
                serde_json::error::Category::Data => "a field is missing or has a wrong value",
                serde_json::error::Category::Eof => "the JSON ends too early",
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON",
            },
            line: error.line(),
            column: error.column(),
        })
    }

    /// The message body.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("an event of strings and numbers always serialises")
    }
}

impl From<&Order> for OrderPlaced {
    fn from(order: &Order) -> Self {
        Self {
            kind: Kind::OrderPlaced,
            version: Self::VERSION,
            order_id: order.id,
            customer: order.customer.clone(),
            currency: Currency::Usd,
            amount: order.amount,
            total: order.total(),
            placed_at: order.placed_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::mutated_text;
    use crate::{Code, Coupon};
    use jsonschema::Validator;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use std::sync::LazyLock;

    const GOLDEN: &str = include_str!("golden/order_placed.v1.json");
    const DISCOUNTED: &str = include_str!("golden/order_placed_discounted.v1.json");
    /// Version 1 with unknown fields, as a later producer may write it.
    const NEWER: &str = include_str!("golden/order_placed_newer.v1.json");
    /// The event as subscribers receive it.
    const PUBLISHED: &str = include_str!("../../../docs/reference/order-placed.asyncapi.json");

    static PAYLOAD: LazyLock<Validator> = LazyLock::new(|| {
        let document: Value = serde_json::from_str(PUBLISHED).unwrap();
        let components = &document["components"];
        let payload = &components["messages"]["orderPlaced"]["payload"];
        jsonschema::draft202012::new(&json!({ "allOf": [payload], "components": components }))
            .unwrap()
    });

    fn with(pointer: &str, value: Value) -> String {
        let mut event: Value = serde_json::from_str(GOLDEN).unwrap();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    }

    #[test]
    fn golden_event_round_trips() {
        let event = OrderPlaced::decode(GOLDEN).unwrap();
        assert_eq!(event.encode(), GOLDEN.trim_end());
        assert_eq!(event.total, "81.50".parse().unwrap());
    }

    #[test]
    fn event_carries_amount_and_total_of_a_discounted_order() {
        let event = OrderPlaced::decode(DISCOUNTED).unwrap();
        let coupon =
            Coupon::earned_by(event.order_id, Code::from_entropy([9; 12]), event.placed_at);
        let order = Order {
            id: event.order_id,
            customer: event.customer.clone(),
            amount: event.amount,
            discount: Some(coupon.discount_on(event.amount)),
            placed_at: event.placed_at,
        };
        assert_eq!(OrderPlaced::from(&order).encode(), DISCOUNTED.trim_end());
    }

    #[test]
    fn unknown_fields_of_newer_events_are_ignored() {
        assert_eq!(OrderPlaced::decode(NEWER), OrderPlaced::decode(GOLDEN));
    }

    #[test]
    fn older_and_newer_events_match_the_published_schema() {
        let document: Value = serde_json::from_str(PUBLISHED).unwrap();
        let message = &document["components"]["messages"]["orderPlaced"];
        for event in [GOLDEN, DISCOUNTED, NEWER, &message["examples"][0]["payload"].to_string()] {
            assert!(OrderPlaced::decode(event).is_ok(), "{event}");
            assert!(PAYLOAD.is_valid(&serde_json::from_str(event).unwrap()), "{event}");
        }
        let written: Value =
            serde_json::from_str(&OrderPlaced::decode(GOLDEN).unwrap().encode()).unwrap();
        let fields: BTreeSet<_> = written.as_object().unwrap().keys().collect();
        let schema = &document["components"]["schemas"]["OrderPlaced"];
        assert_eq!(
            schema["properties"].as_object().unwrap().keys().collect::<BTreeSet<_>>(),
            fields
        );
        assert_eq!(
            schema["required"].as_array().unwrap().len(),
            fields.len(),
            "each field is always there"
        );
    }

    #[test]
    fn version_compares_by_numeric_value() {
        let written =
            |version: &str| GOLDEN.replace(r#""version":1"#, &format!(r#""version":{version}"#));
        let schema_says = |body: &str| PAYLOAD.is_valid(&serde_json::from_str(body).unwrap());
        for one in ["1", "1.0", "1e0", "10e-1"] {
            let body = written(one);
            assert_eq!(OrderPlaced::decode(&body), OrderPlaced::decode(GOLDEN), "{one}");
            assert!(schema_says(&body), "{one}");
        }
        for other in ["0", "2", "1.5", "-1", "\"1\"", "true", "null", "[1]"] {
            let body = written(other);
            assert!(OrderPlaced::decode(&body).is_err() && !schema_says(&body), "{other}");
        }
    }

    #[test]
    fn decode_rejects_invalid_events() {
        for body in [
            with("/type", "order.cancelled".into()),
            with("/version", 2.into()),
            with("/order_id", "42".into()),
            with("/amount", "abc".into()),
            with("/amount", 81.5.into()),
            with("/currency", "EUR".into()),
            with("/customer", "".into()),
            with("/placed_at", "yesterday".into()),
            String::new(),
            "null".to_owned(),
            r#"["order.placed",1,"6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11","Ada","USD","81.50","81.50","2026-11-22T10:00:00Z"]"#
                .to_owned(),
            GOLDEN[..GOLDEN.len() / 2].to_owned(),
            format!("{GOLDEN}{GOLDEN}"),
        ] {
            assert!(OrderPlaced::decode(&body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_error_never_repeats_the_body() {
        let error = OrderPlaced::decode(&with("/customer", "Ada\u{0}Lovelace".into())).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("Ada"));
    }

    proptest! {
        #[test]
        fn decode_never_panics(body in ".*") {
            let _ = OrderPlaced::decode(&body);
        }

        #[test]
        fn decoded_events_match_the_published_schema(body in mutated_text(include_str!("corpus/events.txt"))) {
            if let Ok(event) = OrderPlaced::decode(&body) {
                prop_assert_eq!(OrderPlaced::decode(&event.encode()), Ok(event));
                let body: Value = serde_json::from_str(&body).unwrap();
                prop_assert!(PAYLOAD.is_valid(&body), "{}", body);
            }
        }
    }
}
