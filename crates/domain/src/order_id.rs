//! Order ids, used as table key and in events, paths and logs.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An order's id, a random UUID. Anyone who knows the id may see the order, so it must not be
/// guessable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderId(Uuid);

/// The text is not an order id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID in lower-case hexadecimal with hyphens")]
pub struct OrderIdError;

impl OrderId {
    /// An id that no order has.
    pub const NIL: Self = Self(Uuid::nil());

    /// Returns one of `ways` equally likely numbers, always the same for the same id.
    #[must_use]
    pub fn shard(self, ways: NonZeroU8) -> u8 {
        u8::try_from(self.0.as_u128() % u128::from(ways.get()))
            .expect("the rest is smaller than a u8")
    }
}

impl From<Uuid> for OrderId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl FromStr for OrderId {
    type Err = OrderIdError;

    /// Accepts only the form that [`fmt::Display`] writes, so an order has only one URL.
    fn from_str(text: &str) -> Result<Self, OrderIdError> {
        let id = Self(Uuid::try_parse(text).map_err(|_| OrderIdError)?);
        let mut canonical = Uuid::encode_buffer();
        if *id.0.hyphenated().encode_lower(&mut canonical) == *text {
            Ok(id)
        } else {
            Err(OrderIdError)
        }
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl TryFrom<String> for OrderId {
    type Error = OrderIdError;

    fn try_from(text: String) -> Result<Self, OrderIdError> {
        text.parse()
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ids_spread_evenly_over_shards() {
        let ways = NonZeroU8::new(16).unwrap();
        let mut orders = [0; 16];
        for id in 0..160_u128 {
            orders[usize::from(OrderId(Uuid::from_u128(id)).shard(ways))] += 1;
        }
        assert_eq!(orders, [10; 16]);
    }

    #[test]
    fn order_id_has_one_spelling() {
        let text = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";
        assert_eq!(text.parse::<OrderId>().unwrap().to_string(), text);
        let others = [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
            String::new(),
        ];
        for other in others {
            assert_eq!(other.parse::<OrderId>(), Err(OrderIdError), "{other}");
        }
    }
}
