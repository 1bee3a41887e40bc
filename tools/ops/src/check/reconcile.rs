//! The comparison, one order at a time, so that orders need not be kept in memory. Pure: ids, cents
//! and times.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use domain::{Code, Order, OrderId};
use jiff::Timestamp;
use store::Unreadable;

use super::finding::{Difference, Finding};

/// Subscribers' rows whose orders have not been read yet.
#[derive(Debug)]
pub(crate) struct Reconciliation {
    /// The orders that have a shipment.
    pub(crate) shipped: HashSet<OrderId>,
    /// The orders that have an invoice.
    pub(crate) invoiced: HashSet<OrderId>,
    /// The orders that have a coupon.
    pub(crate) rewarded: HashSet<OrderId>,
    /// The orders that a coupon with this code is spent on, and the order that earned it.
    pub(crate) spent: HashMap<(OrderId, Code), OrderId>,
    /// Missing rows are reported for orders placed in this range.
    pub(crate) due: RangeInclusive<Timestamp>,
}

impl Reconciliation {
    /// Compares an order with its rows. Call it once for each order.
    pub(crate) fn order(&mut self, order: &Order, earns_coupon: bool) -> Vec<Finding> {
        let (shipped, rewarded) = (self.shipped.remove(&order.id), self.rewarded.remove(&order.id));
        let invoiced = self.invoiced.remove(&order.id);
        let (placed_at, total) = (order.placed_at, order.total());
        let due = self.due.contains(&placed_at);
        let mut differences = vec![];
        if due && !shipped {
            differences.push(Difference::NoShipment { placed_at });
        }
        if due && !invoiced {
            differences.push(Difference::NoInvoice { placed_at });
        }
        if due && earns_coupon && !rewarded {
            differences.push(Difference::NoCoupon { placed_at, total });
        }
        if !earns_coupon && rewarded {
            differences.push(Difference::CouponNotEarned { total });
        }
        if let Some(discount) = &order.discount {
            let spent = self.spent.remove(&(order.id, discount.code.clone())).is_some();
            if due && !spent {
                differences.push(Difference::DiscountWithoutCoupon { total });
            }
        }
        differences
            .into_iter()
            .map(|difference| Finding { order_id: order.id.to_string(), difference })
            .collect()
    }

    /// Records an order of which only the key can be parsed. Its rows count as matched.
    pub(crate) fn unreadable_order(&mut self, unreadable: &Unreadable) -> Finding {
        if let Ok(id) = unreadable.key.parse() {
            self.shipped.remove(&id);
            self.invoiced.remove(&id);
            self.rewarded.remove(&id);
            self.spent.retain(|(spent_by, _), _| *spent_by != id);
        }
        Finding::unreadable(unreadable)
    }

    /// Findings for the rows whose orders do not exist. Call it after the last order.
    pub(crate) fn without_order(self) -> Vec<Finding> {
        let sorted = |ids: HashSet<OrderId>| {
            let mut ids: Vec<_> = ids.into_iter().collect();
            ids.sort();
            ids
        };
        let of = |difference: Difference| {
            move |id: OrderId| Finding { order_id: id.to_string(), difference: difference.clone() }
        };
        let shipments = sorted(self.shipped).into_iter().map(of(Difference::ShipmentWithoutOrder));
        let invoices = sorted(self.invoiced).into_iter().map(of(Difference::InvoiceWithoutOrder));
        let coupons = sorted(self.rewarded).into_iter().map(of(Difference::CouponWithoutOrder));
        let mut spent: Vec<_> = self
            .spent
            .into_iter()
            .map(|((spent_by, _), earned_by)| (spent_by, earned_by))
            .collect();
        spent.sort();
        let spent = spent.into_iter().map(|(spent_by, earned_by)| Finding {
            order_id: spent_by.to_string(),
            difference: Difference::CouponWithoutDiscount { earned_by },
        });
        shipments.chain(invoices).chain(coupons).chain(spent).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{Amount, Discount};
    use proptest::prelude::*;
    use store::StoreError;
    use uuid::Uuid;

    use super::*;

    const DUE_SINCE: i64 = 900;
    const DUE_UNTIL: i64 = 1_000;
    const THRESHOLD: u64 = 80_00;

    /// A combination of rows for one order id.
    #[expect(
        clippy::struct_excessive_bools,
        reason = "each is true or not, whatever the others are"
    )]
    #[derive(Clone, Debug)]
    struct Case {
        ordered: Option<(u64, i64)>,
        shipped: bool,
        invoiced: bool,
        rewarded: bool,
        discounted: bool,
        /// Codes of the coupons spent on it.
        spent: Vec<char>,
    }

    /// The code of an order's discount.
    const CODE: char = 'A';

    fn code(of: char) -> Code {
        Code::from_stored(of.to_string())
    }

    fn case() -> impl Strategy<Value = Case> {
        let placed_at = prop_oneof![DUE_SINCE - 2..DUE_SINCE + 2, DUE_UNTIL - 2..DUE_UNTIL + 2];
        let ordered = proptest::option::of((THRESHOLD - 2..THRESHOLD + 2, placed_at));
        let spent = proptest::sample::subsequence(vec![CODE, 'B'], 0..=2);
        (ordered, any::<[bool; 4]>(), spent).prop_map(
            |(ordered, [shipped, invoiced, rewarded, discounted], spent)| Case {
                ordered,
                shipped,
                invoiced,
                rewarded,
                discounted,
                spent,
            },
        )
    }

    fn id(number: usize) -> OrderId {
        OrderId::from(Uuid::from_u128(number as u128))
    }

    fn found(cases: &[Case]) -> BTreeSet<(String, String)> {
        let having = |has: fn(&Case) -> bool| {
            (0..).zip(cases).filter(move |(_, case)| has(case)).map(|(n, _)| id(n)).collect()
        };
        let mut reconciliation = Reconciliation {
            shipped: having(|case| case.shipped),
            invoiced: having(|case| case.invoiced),
            rewarded: having(|case| case.rewarded),
            spent: (0..)
                .zip(cases)
                .flat_map(|(number, case)| {
                    case.spent.iter().map(move |of| ((id(number), code(*of)), OrderId::NIL))
                })
                .collect(),
            due: Timestamp::from_second(DUE_SINCE).unwrap()
                ..=Timestamp::from_second(DUE_UNTIL).unwrap(),
        };
        let mut findings = vec![];
        for (number, case) in (0..).zip(cases) {
            let Some((cents, placed_at)) = case.ordered else { continue };
            let order = Order {
                id: id(number),
                customer: "Ada".parse().unwrap(),
                amount: Amount::from_cents(cents).unwrap(),
                discount: case.discounted.then(|| Discount {
                    code: code(CODE),
                    percent: 0,
                    amount: "0.00".parse().unwrap(),
                }),
                placed_at: Timestamp::from_second(placed_at).unwrap(),
            };
            findings.extend(reconciliation.order(&order, cents >= THRESHOLD));
        }
        findings.extend(reconciliation.without_order());
        let kind = |finding: &Finding| {
            serde_json::to_value(finding).unwrap()["finding"].as_str().unwrap().to_owned()
        };
        findings.iter().map(|finding| (finding.order_id.clone(), kind(finding))).collect()
    }

    /// The expected findings, derived independently from the definition of each difference.
    fn expected(number: usize, case: &Case) -> Vec<(String, String)> {
        let due = |placed_at| (DUE_SINCE..=DUE_UNTIL).contains(&placed_at);
        let by_its_own = case.spent.contains(&CODE);
        let by_others = case.spent.iter().any(|of| *of != CODE);
        let kinds = match case.ordered {
            None => vec![
                (case.shipped, "shipment_without_order"),
                (case.invoiced, "invoice_without_order"),
                (case.rewarded, "coupon_without_order"),
                (!case.spent.is_empty(), "coupon_without_discount"),
            ],
            Some((cents, placed_at)) => vec![
                (due(placed_at) && !case.shipped, "no_shipment"),
                (due(placed_at) && !case.invoiced, "no_invoice"),
                (due(placed_at) && cents >= THRESHOLD && !case.rewarded, "no_coupon"),
                (cents < THRESHOLD && case.rewarded, "coupon_not_earned"),
                (due(placed_at) && case.discounted && !by_its_own, "discount_without_coupon"),
                (by_others || by_its_own && !case.discounted, "coupon_without_discount"),
            ],
        };
        kinds
            .into_iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, kind)| (id(number).to_string(), kind.to_owned()))
            .collect()
    }

    proptest! {
        #[test]
        fn reconciliation_finds_every_difference_and_no_other(cases in proptest::collection::vec(case(), 0..30)) {
            let expected = cases.iter().enumerate().flat_map(|(number, case)| expected(number, case)).collect();
            prop_assert_eq!(found(&cases), expected);
        }
    }

    #[test]
    fn unreadable_order_still_owns_its_effects() {
        let mut reconciliation = Reconciliation {
            shipped: HashSet::from([id(1)]),
            invoiced: HashSet::from([id(1)]),
            rewarded: HashSet::from([id(1)]),
            spent: HashMap::from([((id(1), code(CODE)), id(2))]),
            due: Timestamp::MIN..=Timestamp::UNIX_EPOCH,
        };
        let error = StoreError::Unavailable("any problem".to_owned());
        let finding =
            reconciliation.unreadable_order(&Unreadable { key: id(1).to_string(), error });
        assert_eq!(finding.order_id, id(1).to_string());
        assert_eq!(reconciliation.without_order(), []);
    }
}
