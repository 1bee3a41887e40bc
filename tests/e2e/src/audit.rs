//! Compares the customers' record with the tables, after all work is done.

use std::collections::{BTreeMap, BTreeSet};

use crate::filter::Filter;
use crate::{ClientRecord, Deployment, OrderRequest, Row};

/// The subscribers' rows as first seen: they must never change.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// The rows by order, of each subscriber by its function's name.
    rows: BTreeMap<String, BTreeMap<String, Row>>,
    changed: BTreeSet<String>,
    vanished: BTreeSet<String>,
    /// The order on which each coupon was first seen spent, by the coupon's code.
    spent: BTreeMap<String, String>,
    /// Coupons that were later seen spent on another order, or on none.
    spent_again: BTreeSet<String>,
}

/// The result of the comparison.
#[derive(Debug, Default)]
pub struct Audit {
    /// Orders in the table.
    pub orders: usize,
    /// Saved orders whose customers got no clear answer.
    pub unclear_saved: usize,
    /// Orders with a shipment.
    pub fulfilled: usize,
    /// Orders with a coupon.
    pub coupons: usize,
    /// Orders with an invoice.
    pub invoices: usize,
    /// Orders accepted or saved that are missing, unpublished, unprocessed, or have a wrong amount.
    pub lost: Vec<String>,
    /// Work done twice, or without an order.
    pub doubled: Vec<String>,
    /// Coupons that were spent.
    pub spent: usize,
    /// Coupons that were spent twice, or whose spending and order do not agree.
    pub misspent: Vec<String>,
}

/// The key of the counter row in the invoices table.
const INVOICE_COUNTER: &str = "last-number";

impl Effects {
    /// Reads the subscribers' tables, and records changes since the last call.
    pub async fn check(&mut self, shop: &Deployment) {
        for subscriber in shop.subscribers() {
            let mut rows = shop.rows(&subscriber.table()).await;
            rows.retain(|row| row["order_id"] != INVOICE_COUNTER);
            for row in &mut rows {
                let (spent_by, _) = (row.remove("spent_by"), row.remove("spent_at"));
                if let Some(code) = row.get("code") {
                    self.see_spending(code, spent_by);
                }
            }
            let seen = self.rows.entry(subscriber.function).or_default();
            let there: BTreeSet<_> = rows.iter().map(|row| row["order_id"].clone()).collect();
            self.vanished.extend(seen.keys().filter(|id| !there.contains(*id)).cloned());
            for row in rows {
                let id = row["order_id"].clone();
                if seen.entry(id.clone()).or_insert_with(|| row.clone()) != &row {
                    self.changed.insert(id);
                }
            }
        }
    }

    fn see_spending(&mut self, code: &str, spent_by: Option<String>) {
        let before = self.spent.get(code);
        if before.is_some() && before != spent_by.as_ref() {
            self.spent_again.insert(code.to_owned());
        }
        if let Some(order) = spent_by {
            self.spent.entry(code.to_owned()).or_insert(order);
        }
    }

    /// Compares the recorded effects and the orders table with the customers' record. Every
    /// subscriber must have done each order that its filter lets through, and no other.
    pub async fn audit(&self, shop: &Deployment, client_record: &ClientRecord) -> Audit {
        let orders: BTreeMap<_, _> = shop
            .rows("OrdersTable")
            .await
            .into_iter()
            .map(|row| (row["id"].clone(), row))
            .collect();
        let mut filters = BTreeMap::new();
        for subscriber in shop.subscribers() {
            filters.insert(subscriber.function.clone(), shop.filter(&subscriber.queue()).await);
        }
        self.compare(&orders, client_record, &filters)
    }

    /// The orders with a row of a function.
    pub fn done_by(&self, function: &str) -> impl Iterator<Item = &String> {
        self.rows_of(function).keys()
    }

    /// The orders on which a coupon was spent.
    pub fn spent_on(&self) -> impl Iterator<Item = &String> {
        self.spent.values()
    }

    fn rows_of(&self, function: &str) -> &BTreeMap<String, Row> {
        static NONE: BTreeMap<String, Row> = BTreeMap::new();
        self.rows.get(function).unwrap_or(&NONE)
    }

    /// Every coupon is spent on one order or on none, and both say so; a coupon that was refused is
    /// spent.
    fn misspent(
        &self,
        orders: &BTreeMap<String, Row>,
        client_record: &ClientRecord,
    ) -> Vec<String> {
        let again = self.spent_again.iter().map(|code| format!("{code} was spent again"));
        let with_coupon =
            orders.iter().filter_map(|(id, row)| Some((row.get("discount.code")?, id)));
        let unspent = with_coupon
            .clone()
            .filter(|(code, id)| self.spent.get(*code) != Some(*id))
            .map(|(code, id)| format!("{id} has the discount of {code}, which is spent elsewhere"));
        let codes: BTreeMap<_, _> = with_coupon.clone().collect();
        let without_order = self
            .spent
            .iter()
            .filter(|(code, id)| codes.get(code) != Some(id))
            .map(|(code, id)| format!("{code} is spent on {id}, which has no discount"));
        let refused = client_record.coupon_rejections.iter();
        let refused = refused
            .filter(|code| !self.spent.contains_key(*code))
            .map(|code| format!("{code} was refused and is not spent"));
        again.chain(unspent).chain(without_order).chain(refused).collect()
    }

    fn compare(
        &self,
        orders: &BTreeMap<String, Row>,
        client_record: &ClientRecord,
        filters: &BTreeMap<String, Filter>,
    ) -> Audit {
        let mut audit = Audit {
            orders: orders.len(),
            fulfilled: self.rows_of("fulfilment").len(),
            coupons: self.rows_of("promotion").len(),
            invoices: self.rows_of("invoicing").len(),
            spent: self.spent.len(),
            misspent: self.misspent(orders, client_record),
            ..Audit::default()
        };
        for (id, order_request) in &client_record.accepted {
            match orders.get(id) {
                None => audit.lost.push(format!("{id} was accepted and is not in the table")),
                Some(row)
                    if cents(&row["amount"]) != order_request.cents
                        || row["customer"] != order_request.customer
                        || row.get("discount.code") != order_request.coupon.as_ref() =>
                {
                    audit.lost.push(format!("{id} is {row:?} and not {order_request:?}"));
                }
                Some(_) => {}
            }
        }
        let mut purchases: BTreeMap<Purchase<'_>, usize> = BTreeMap::new();
        for (id, row) in orders {
            *purchases.entry((&row["customer"], cents(&row["amount"]))).or_default() += 1;
            if row.contains_key("outbox") {
                audit.lost.push(format!("{id} is not published"));
            }
            for (function, filter) in filters {
                let passes = filter.lets_through(total(row));
                match (passes, self.rows_of(function).contains_key(id)) {
                    (true, false) => audit.lost.push(format!("{id} has no row of {function}")),
                    (false, true) => {
                        audit.doubled.push(format!("{id} has a row of {function} too many"));
                    }
                    _ => {}
                }
            }
        }
        let unclear = purchases_of(&client_record.unclear);
        let accepted = purchases_of(client_record.accepted.values());
        for (purchase, times) in purchases {
            let [accepted, unclear] =
                [&accepted, &unclear].map(|orders| orders.get(&purchase).copied().unwrap_or(0));
            audit.unclear_saved += times.saturating_sub(accepted);
            let most = accepted + unclear;
            if times > most {
                let (customer, cents) = purchase;
                let problem = format!(
                    "{customer} asked for {most} orders of {cents} cents at most and has {times}"
                );
                audit.doubled.push(problem);
            }
        }
        let mut numbers = BTreeSet::new();
        for (id, _) in
            self.rows_of("invoicing").iter().filter(|(_, row)| !numbers.insert(&row["number"]))
        {
            audit.doubled.push(format!("{id} has an invoice with the number of another"));
        }
        for id in &self.vanished {
            audit.lost.push(format!("{id} was done, and the row is gone"));
        }
        let done = self.rows.values().flat_map(BTreeMap::keys);
        for id in done.filter(|id| !orders.contains_key(*id)) {
            audit.doubled.push(format!("{id} was done and is no order"));
        }
        for id in &self.changed {
            audit.doubled.push(format!("{id} was done twice: its row changed"));
        }
        audit
    }
}

/// What is to be paid for an order, in cents.
fn total(row: &Row) -> u64 {
    cents(&row["amount"]) - row.get("discount.amount").map_or(0, |discount| cents(discount))
}

/// A customer, and the amount of an order in cents.
type Purchase<'a> = (&'a str, u64);

/// How many orders of each amount each customer asked for.
fn purchases_of<'a>(
    orders: impl IntoIterator<Item = &'a OrderRequest>,
) -> BTreeMap<Purchase<'a>, usize> {
    let mut counts = BTreeMap::new();
    for order in orders {
        *counts.entry((&*order.customer, order.cents)).or_default() += 1;
    }
    counts
}

/// Parses a decimal text into cents. DynamoDB may have stripped trailing zeros.
#[must_use]
pub fn cents(text: &str) -> u64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<2}").parse().expect("digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";

    fn row(columns: &[(&str, &str)]) -> Row {
        columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn order(amount: &str) -> BTreeMap<String, Row> {
        BTreeMap::from([(
            ID.to_owned(),
            row(&[("id", ID), ("customer", "Ada 1"), ("amount", amount)]),
        )])
    }

    fn client_record(cents: u64) -> ClientRecord {
        let order_request = OrderRequest {
            customer: "Ada 1".to_owned(),
            cents,
            by_form: false,
            patient: true,
            coupon: None,
        };
        ClientRecord {
            accepted: BTreeMap::from([(ID.to_owned(), order_request)]),
            ..ClientRecord::default()
        }
    }

    fn effects(shipments: &[&str], coupons: &[&str]) -> Effects {
        let rows = |ids: &[&str]| {
            ids.iter().map(|id| ((*id).to_owned(), row(&[("order_id", id)]))).collect()
        };
        let rows = [("fulfilment", rows(shipments)), ("promotion", rows(coupons))];
        Effects {
            rows: rows.map(|(function, rows)| (function.to_owned(), rows)).into(),
            ..Effects::default()
        }
    }

    fn invoices(ids: &[&str], number: impl Fn(usize) -> usize) -> BTreeMap<String, Row> {
        let invoice = |(at, id): (usize, &&str)| {
            ((*id).to_owned(), row(&[("order_id", id), ("number", &number(at).to_string())]))
        };
        ids.iter().enumerate().map(invoice).collect()
    }

    fn filters() -> BTreeMap<String, Filter> {
        let from_80 = r#"{"amount": [{"numeric": [">=", 80]}]}"#;
        let policies = [("fulfilment", ""), ("invoicing", ""), ("promotion", from_80)];
        policies.map(|(function, policy)| (function.to_owned(), Filter::read(policy))).into()
    }

    /// How many problems the audit finds, lost and doubled, with an invoice for each order.
    fn problems(
        effects: &Effects,
        orders: &BTreeMap<String, Row>,
        client_record: &ClientRecord,
    ) -> (usize, usize) {
        let ids: Vec<_> = orders.keys().map(String::as_str).collect();
        problems_with(invoices(&ids, |at| at), effects, orders, client_record)
    }

    fn problems_with(
        invoices: BTreeMap<String, Row>,
        effects: &Effects,
        orders: &BTreeMap<String, Row>,
        client_record: &ClientRecord,
    ) -> (usize, usize) {
        let mut effects = effects.clone();
        effects.rows.insert("invoicing".to_owned(), invoices);
        let audit = effects.compare(orders, client_record, &filters());
        (audit.lost.len(), audit.doubled.len())
    }

    #[test]
    fn audit_finds_missing_and_duplicate_invoices() {
        let of_one = effects(&[ID], &[]);
        assert_eq!(
            problems_with(BTreeMap::new(), &of_one, &order("5"), &client_record(500)),
            (1, 0)
        );
        let of_nobody = invoices(&[ID, "ghost"], |at| at);
        assert_eq!(problems_with(of_nobody, &of_one, &order("5"), &client_record(500)), (0, 1));
        let one_number = invoices(&[ID, "ghost"], |_| 7);
        assert_eq!(problems_with(one_number, &of_one, &order("5"), &client_record(500)), (0, 2));
    }

    #[test]
    fn audit_of_sound_orders_finds_nothing() {
        assert_eq!(problems(&effects(&[ID], &[ID]), &order("80"), &client_record(8_000)), (0, 0));
        assert_eq!(problems(&effects(&[ID], &[]), &order("79.99"), &client_record(7_999)), (0, 0));
    }

    #[test]
    fn audit_finds_lost_effects() {
        let mut pending = order("80");
        pending.get_mut(ID).unwrap().insert("outbox".to_owned(), "3".to_owned());
        for (what, effects, orders) in [
            ("the order", effects(&[], &[]), BTreeMap::new()),
            ("the shipment", effects(&[], &[ID]), order("80")),
            ("the coupon", effects(&[ID], &[]), order("80")),
            ("the publish", effects(&[ID], &[ID]), pending),
        ] {
            assert_eq!(problems(&effects, &orders, &client_record(8_000)), (1, 0), "{what}");
        }
    }

    #[test]
    fn audit_finds_an_order_of_another_amount() {
        let both = effects(&[ID], &[ID]);
        assert_eq!(problems(&both, &order("80.01"), &client_record(8_000)), (1, 1));
    }

    #[test]
    fn audit_covers_every_subscriber_of_the_stack() {
        let lost = |policy| {
            let filters = BTreeMap::from([("loyalty".to_owned(), Filter::read(policy))]);
            Effects::default().compare(&order("5"), &client_record(500), &filters).lost
        };
        assert_eq!(lost(""), [format!("{ID} has no row of loyalty")]);
        assert!(lost(r#"{"amount": [{"numeric": [">=", 80]}]}"#).is_empty());
    }

    #[test]
    fn audit_finds_vanished_effects() {
        let mut vanished = effects(&[ID], &[ID]);
        vanished.vanished.insert(ID.to_owned());
        assert_eq!(problems(&vanished, &order("80"), &client_record(8_000)), (1, 0));
    }

    #[test]
    fn audit_finds_duplicate_and_orphan_effects() {
        let mut changed = effects(&[ID], &[]);
        changed.changed.insert(ID.to_owned());
        let mut of_another = effects(&[ID], &[]);
        of_another.rows.insert("another".to_owned(), invoices(&["ghost"], |at| at));
        let mut twice = order("5");
        let again = row(&[("id", "other"), ("customer", "Ada 1"), ("amount", "5")]);
        twice.insert("other".to_owned(), again);
        for (what, effects, orders, record) in [
            ("an effect", changed, order("5"), client_record(500)),
            ("a coupon not earned", effects(&[ID], &[ID]), order("5"), client_record(500)),
            ("a shipment of nobody", effects(&[ID, "ghost"], &[]), order("5"), client_record(500)),
            ("another subscriber's effect of nobody", of_another, order("5"), client_record(500)),
            ("an order of nobody", effects(&[ID], &[]), order("5"), ClientRecord::default()),
            ("one request, two orders", effects(&[ID, "other"], &[]), twice, client_record(500)),
        ] {
            assert_eq!(problems(&effects, &orders, &record), (0, 1), "{what}");
        }
    }

    #[test]
    fn audit_finds_misspent_coupons() {
        let with = |code: &str| {
            let mut orders = order("80");
            orders.get_mut(ID).unwrap().insert("discount.code".to_owned(), code.to_owned());
            orders
        };
        let spent = |by: &[Option<&str>]| {
            let mut effects = Effects::default();
            for by in by {
                effects.see_spending("CODE", by.map(str::to_owned));
            }
            effects
        };
        let record = ClientRecord::default();
        assert!(spent(&[None, Some(ID), Some(ID)]).misspent(&with("CODE"), &record).is_empty());
        for (what, effects, orders) in [
            ("spent on two", spent(&[Some(ID), Some("other")]), with("CODE")),
            ("spent and given back", spent(&[Some(ID), None]), with("CODE")),
            ("a discount for nothing", spent(&[None]), with("CODE")),
            ("spent for nothing", spent(&[Some(ID)]), order("80")),
        ] {
            assert_eq!(effects.misspent(&orders, &record).len(), 1, "{what}");
        }
        let refusals = vec!["CODE".to_owned()];
        let refused = ClientRecord { coupon_rejections: refusals, ..ClientRecord::default() };
        assert_eq!(spent(&[None]).misspent(&order("80"), &refused).len(), 1, "refused, unspent");
        assert!(spent(&[Some(ID)]).misspent(&with("CODE"), &refused).is_empty());
    }
}
