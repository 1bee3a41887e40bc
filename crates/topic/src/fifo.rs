//! What a message on a FIFO topic has besides its body: the group within which SNS and SQS keep the
//! order, and the id by which they drop a repetition.

use domain::{CustomerName, OrderId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Whether a topic is FIFO. AWS requires the suffix of a FIFO topic's name, and refuses it for
/// others.
pub(crate) fn is_fifo(arn: &str) -> bool {
    arn.strip_suffix(".fifo").is_some()
}

/// The message group of a customer's orders: 32 hexadecimal digits of a SHA-256 digest, so that the
/// name itself does not become an identifier.
pub(crate) fn group_id(customer: &CustomerName) -> String {
    hex::encode(&Sha256::digest(customer.as_str())[..16])
}

/// Which messages SNS drops as duplicates, for five minutes after each message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deduplication {
    /// SNS drops all messages of an order but the first: a publish whose response was lost has no
    /// second effect.
    PerOrder,
    /// SNS drops no message: an operator publishes an order again on purpose.
    None,
}

impl Deduplication {
    /// The deduplication id of a message about an order.
    pub(crate) fn deduplication_id(self, order: OrderId) -> String {
        match self {
            Self::PerOrder => order.to_string(),
            Self::None => format!("{order}/{}", Uuid::new_v4()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_id_is_a_digest_of_the_name() {
        let group_id = |name: &str| group_id(&name.parse().unwrap());
        // printf 'Ada Lovelace' | sha256sum | cut -c1-32
        assert_eq!(group_id(" Ada Lovelace "), "76740216171591903cdbd18fbc770df4");
        assert_ne!(group_id("Ada Lovelace"), group_id("Ada Lovelacé"));
    }

    #[test]
    fn only_a_deliberate_repetition_has_an_id_of_its_own() {
        let (first, second) = (OrderId::from(Uuid::new_v4()), OrderId::from(Uuid::new_v4()));
        let dropped = |order| Deduplication::PerOrder.deduplication_id(order);
        assert_eq!(dropped(first), dropped(first));
        assert_ne!(dropped(first), dropped(second));
        let delivered = || Deduplication::None.deduplication_id(first);
        assert_ne!(delivered(), delivered());
        assert!(delivered().len() <= 128, "SNS's limit");
    }
}
