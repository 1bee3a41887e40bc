//! Conversion between domain values and table rows. Money and time have the format of the contract.

use std::collections::HashMap;
use std::num::NonZeroU8;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Amount, Code, Coupon, Discount, Invoice, Order, OrderId, Shipment};
use telemetry::TraceParent;

use crate::{Claim, StoreError, Unreadable};

/// A row as DynamoDB returns it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// A row that a subscriber writes for an order, keyed by the order's id.
pub trait Row {
    /// The row's attributes, `order_id` first, always in the same order.
    fn columns(&self) -> Vec<(&'static str, Value)>;
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Value(AttributeValue);

impl Value {
    /// A text (`S`).
    pub fn text(value: &(impl ToString + ?Sized)) -> Self {
        Self(string(value))
    }

    /// A number (`N`) in decimal notation.
    pub fn number(value: &impl ToString) -> Self {
        Self(AttributeValue::N(value.to_string()))
    }
}

impl From<Value> for AttributeValue {
    fn from(value: Value) -> Self {
        value.0
    }
}

impl Row for Shipment {
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("order_id", Value::text(&self.order_id)),
            ("tracking_number", Value::text(self.tracking_number.as_str())),
            ("shipped_at", Value::text(&self.shipped_at)),
        ]
    }
}

impl Row for Coupon {
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("order_id", Value::text(&self.order_id)),
            ("code", Value::text(self.code.as_str())),
            ("percent", Value::number(&self.percent)),
            ("expires_at", Value::text(&self.expires_at)),
        ]
    }
}

impl Row for Invoice {
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("order_id", Value::text(&self.order_id)),
            ("number", Value::number(&self.number.get())),
            ("issued_at", Value::text(&self.issued_at)),
        ]
    }
}

/// The attribute of an order's row that marks it as not known to be published; the key of the
/// outbox index.
pub(crate) const OUTBOX: &str = "outbox";

/// The attribute of a coupon's row that names the order it is spent on.
pub(crate) const SPENT_BY: &str = "spent_by";

/// The attribute of an order's row with the discount from a coupon.
const DISCOUNT: &str = "discount";

/// Returns an order's row: `id` (S, key), `customer` (S), `amount` (N, US dollars), `placed_at` (S,
/// RFC 3339 in whole seconds, so that it sorts), `traceparent` (S, the request that placed it).
/// While the order is not known to be published, also `outbox` (N, its shard). If a coupon was
/// spent on it, also `discount` (M of `code`, S; `percent`, N; `amount`, N, US dollars taken off).
pub(crate) fn from_order(order: &Order, trace: TraceParent, shards: NonZeroU8) -> Attributes {
    let mut row = HashMap::from([
        (OUTBOX.to_owned(), AttributeValue::N(order.id.shard(shards).to_string())),
        ("id".to_owned(), string(&order.id)),
        ("customer".to_owned(), AttributeValue::S(order.customer.as_str().to_owned())),
        ("amount".to_owned(), AttributeValue::N(order.amount.to_string())),
        ("placed_at".to_owned(), string(&order.placed_at)),
        (TraceParent::NAME.to_owned(), string(&trace)),
    ]);
    row.extend(
        order.discount.as_ref().map(|discount| (DISCOUNT.to_owned(), from_discount(discount))),
    );
    row
}

fn from_discount(discount: &Discount) -> AttributeValue {
    AttributeValue::M(HashMap::from([
        ("code".to_owned(), code(&discount.code)),
        ("percent".to_owned(), AttributeValue::N(discount.percent.to_string())),
        ("amount".to_owned(), AttributeValue::N(discount.amount.to_string())),
    ]))
}

/// Returns the row of an idempotency key: `idempotency_key` (S, key), `fingerprint` (S), `order_id`
/// (S), `answer` (S), `expires_at` (N, seconds since 1970).
pub(crate) fn from_claim(claim: &Claim, order_id: OrderId, expires_at: i64) -> Attributes {
    HashMap::from([
        ("idempotency_key".to_owned(), string(&claim.key)),
        ("fingerprint".to_owned(), string(&claim.fingerprint)),
        ("order_id".to_owned(), string(&order_id)),
        ("answer".to_owned(), string(&claim.answer)),
        ("expires_at".to_owned(), AttributeValue::N(expires_at.to_string())),
    ])
}

/// The stored claim of the first request with a key.
pub(crate) struct FirstClaim {
    pub(crate) fingerprint: String,
    pub(crate) order_id: OrderId,
    pub(crate) answer: String,
    /// In seconds since 1970.
    pub(crate) expires_at: i64,
}

/// Reads domain values from a table's row.
pub(crate) struct Reader<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a Attributes,
}

impl Reader<'_> {
    pub(crate) fn order(&self) -> Result<Order, StoreError> {
        let (id, customer, amount) = (self.id()?, self.parsed("customer")?, self.parsed("amount")?);
        Ok(Order {
            id,
            customer,
            amount,
            discount: self.discount(amount)?,
            placed_at: self.parsed("placed_at")?,
        })
    }

    /// The trace of the order. Older rows have none, and an invalid one does not make the order
    /// invalid.
    pub(crate) fn trace(&self) -> Option<TraceParent> {
        self.parsed(TraceParent::NAME).ok()
    }

    pub(crate) fn shipment(&self) -> Result<Shipment, StoreError> {
        Ok(Shipment {
            order_id: self.order_id()?,
            tracking_number: self.code("tracking_number")?,
            shipped_at: self.parsed("shipped_at")?,
        })
    }

    pub(crate) fn coupon(&self) -> Result<Coupon, StoreError> {
        Ok(Coupon {
            order_id: self.order_id()?,
            code: self.code("code")?,
            percent: self.parsed("percent")?,
            expires_at: self.parsed("expires_at")?,
            spent_by: self.spent_by()?,
        })
    }

    pub(crate) fn invoice(&self) -> Result<Invoice, StoreError> {
        Ok(Invoice {
            order_id: self.order_id()?,
            number: self.parsed("number")?,
            issued_at: self.parsed("issued_at")?,
        })
    }

    /// The order a coupon was spent on, if any.
    pub(crate) fn spent_by(&self) -> Result<Option<OrderId>, StoreError> {
        self.row.contains_key(SPENT_BY).then(|| self.parsed(SPENT_BY)).transpose()
    }

    pub(crate) fn first_claim(&self) -> Result<FirstClaim, StoreError> {
        Ok(FirstClaim {
            fingerprint: self.text("fingerprint")?.to_owned(),
            order_id: self.order_id()?,
            answer: self.text("answer")?.to_owned(),
            expires_at: self.parsed("expires_at")?,
        })
    }

    /// Reads the whole row, or returns its key and what is wrong with it.
    pub(crate) fn or_unreadable<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Self) -> Result<T, StoreError>,
    ) -> Result<T, Unreadable> {
        let key = || self.text(key).unwrap_or("a key that is no text").to_owned();
        read(self).map_err(|error| Unreadable { key: key(), error })
    }

    /// The discount. Older rows and orders without a coupon have none.
    fn discount(&self, amount: Amount) -> Result<Option<Discount>, StoreError> {
        let unreadable = || self.unreadable(DISCOUNT);
        let row = match self.row.get(DISCOUNT) {
            None => return Ok(None),
            Some(AttributeValue::M(row)) => row,
            Some(_) => return Err(unreadable()),
        };
        let reader = Reader { table: self.table, row };
        let read = || -> Result<_, StoreError> {
            Ok(Discount {
                code: reader.code("code")?,
                percent: reader.parsed("percent")?,
                amount: reader.parsed("amount")?,
            })
        };
        let discount = read().map_err(|_| unreadable())?;
        discount.amount.taken_off(amount).map(|_total| Some(discount)).ok_or_else(unreadable)
    }

    fn id(&self) -> Result<OrderId, StoreError> {
        self.parsed("id")
    }

    fn order_id(&self) -> Result<OrderId, StoreError> {
        self.parsed("order_id")
    }

    fn code(&self, attribute: &'static str) -> Result<Code, StoreError> {
        self.text(attribute).map(|text| Code::from_stored(text.to_owned()))
    }

    fn parsed<T: FromStr>(&self, attribute: &'static str) -> Result<T, StoreError> {
        self.text(attribute)?.parse().map_err(|_| self.unreadable(attribute))
    }

    fn text(&self, attribute: &'static str) -> Result<&str, StoreError> {
        match self.row.get(attribute) {
            Some(AttributeValue::S(text) | AttributeValue::N(text)) => Ok(text),
            _ => Err(self.unreadable(attribute)),
        }
    }

    fn unreadable(&self, attribute: &'static str) -> StoreError {
        StoreError::Unreadable { table: self.table, attribute }
    }
}

fn code(code: &Code) -> AttributeValue {
    AttributeValue::S(code.as_str().to_owned())
}

fn string(value: &(impl ToString + ?Sized)) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const SHARDS: NonZeroU8 = NonZeroU8::new(16).unwrap();

    pub(super) fn row_of(
        columns: impl IntoIterator<Item = (&'static str, impl Into<AttributeValue>)>,
    ) -> Attributes {
        columns.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    }

    pub(super) fn order() -> Order {
        Order {
            id: "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().unwrap(),
            customer: "Ada Lovelace".parse().unwrap(),
            amount: "81.50".parse().unwrap(),
            discount: None,
            placed_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        }
    }

    pub(super) fn discounted() -> Order {
        let coupon = Coupon::earned_by(order().id, Code::from_entropy([4; 12]), order().placed_at);
        Order { discount: Some(coupon.discount_on(order().amount)), ..order() }
    }

    fn saved(order: &Order) -> Attributes {
        from_order(order, TraceParent::begin(), SHARDS)
    }

    fn reader(row: &Attributes) -> Reader<'_> {
        Reader { table: "orders", row }
    }

    #[test]
    fn rows_read_back_as_written() {
        for order in [order(), discounted()] {
            assert_eq!(reader(&saved(&order)).order().unwrap(), order);
        }
        let Order { id: order_id, placed_at, .. } = order();
        let code = Code::from_entropy([4; 12]);
        let shipment = Shipment { order_id, tracking_number: code.clone(), shipped_at: placed_at };
        assert_eq!(reader(&row_of(shipment.columns())).shipment().unwrap(), shipment);
        let invoice = Invoice { order_id, number: 42.into(), issued_at: placed_at };
        assert_eq!(reader(&row_of(invoice.columns())).invoice().unwrap(), invoice);
        let coupon = Coupon::earned_by(order_id, code, placed_at);
        let mut row = row_of(coupon.columns());
        assert_eq!(reader(&row).coupon().unwrap(), coupon);
        row.insert(SPENT_BY.to_owned(), string(&OrderId::NIL));
        let coupon = Coupon { spent_by: Some(OrderId::NIL), ..coupon };
        assert_eq!(reader(&row).coupon().unwrap(), coupon);
    }

    #[test]
    fn amount_survives_dynamodb_dropping_trailing_zeros() {
        let mut row = saved(&order());
        row.insert("amount".to_owned(), AttributeValue::N("81.5".to_owned()));
        assert_eq!(reader(&row).order().unwrap().amount.cents(), 8150);
    }

    #[test]
    fn discount_row_has_code_percent_and_amount() {
        let row = saved(&discounted());
        let expected = [
            ("code", AttributeValue::S("EEEEEEEEEEEE".to_owned())),
            ("percent", AttributeValue::N("20".to_owned())),
            ("amount", AttributeValue::N("16.30".to_owned())),
        ];
        assert_eq!(row["amount"], AttributeValue::N("81.50".to_owned()));
        assert_eq!(row["discount"], AttributeValue::M(row_of(expected)));
        assert!(!saved(&order()).contains_key("discount"), "as it was before coupons");
    }

    #[test]
    fn invalid_discount_is_an_error_not_absent() {
        let AttributeValue::M(good) = from_discount(&discounted().discount.unwrap()) else {
            panic!("a map")
        };
        let with = |name: &str, value: &str| {
            let mut discount = good.clone();
            discount.insert(name.to_owned(), AttributeValue::N(value.to_owned()));
            AttributeValue::M(discount)
        };
        for odd in [
            AttributeValue::Null(true),
            AttributeValue::M(HashMap::new()),
            with("percent", "256"),
            with("amount", "-1"),
            with("amount", "81.5"),
        ] {
            let mut row = saved(&discounted());
            row.insert("discount".to_owned(), odd);
            let error = reader(&row).order().unwrap_err().to_string();
            assert_eq!(error, "a row of orders cannot be read: discount");
        }
    }

    #[test]
    fn trace_reads_back_and_an_invalid_one_is_absent() {
        let trace = TraceParent::begin();
        let mut row = from_order(&order(), trace, SHARDS);
        assert_eq!(reader(&row).trace(), Some(trace));
        for odd in
            [Some(AttributeValue::S("00-xyz".to_owned())), Some(AttributeValue::Bool(true)), None]
        {
            row.remove(TraceParent::NAME);
            row.extend(odd.map(|odd| (TraceParent::NAME.to_owned(), odd)));
            let reader = reader(&row);
            assert_eq!((reader.trace(), reader.order().unwrap()), (None, order()));
        }
    }

    #[test]
    fn row_error_names_the_attribute_not_its_value() {
        let mut row = saved(&order());
        row.insert("amount".to_owned(), AttributeValue::S("secret".to_owned()));
        let error = reader(&row).order().unwrap_err().to_string();
        assert_eq!(error, "a row of orders cannot be read: amount");
    }
}
