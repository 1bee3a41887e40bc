//! Splits orders into batches for SNS.

use std::collections::{HashSet, VecDeque};
use std::mem;

use domain::{Order, OrderId};

use crate::Republisher;
use crate::fifo::group_id;

/// Orders to publish, in this order. On a FIFO topic no order overtakes an earlier one of its
/// customer: a batch has one order of a customer at most, because SNS may accept a part of a batch,
/// and after an order that was not published the rest of its customer's orders are held back.
#[derive(Debug)]
pub struct PublishQueue<T> {
    waiting: VecDeque<T>,
    held_back: Vec<T>,
    is_fifo: bool,
    /// The message groups of orders that were not published.
    blocked_groups: HashSet<String>,
}

impl<T: AsRef<Order>> PublishQueue<T> {
    pub(crate) fn new(is_fifo: bool) -> Self {
        Self {
            waiting: VecDeque::new(),
            held_back: vec![],
            is_fifo,
            blocked_groups: HashSet::new(),
        }
    }

    /// Adds orders. On a FIFO topic they are published in the order in which they were placed, which
    /// is known to the second.
    pub fn extend(&mut self, orders: impl IntoIterator<Item = T>) {
        self.waiting.extend(orders);
        if self.is_fifo {
            self.waiting.make_contiguous().sort_by_key(|order| order.as_ref().placed_at);
        }
    }

    /// Takes the next batch of up to `most` orders for
    /// [`Republisher::publish_batch`](crate::Republisher::publish_batch), or `None` if no order is
    /// left to publish.
    pub fn next_batch(&mut self, most: usize) -> Option<Vec<T>> {
        let most = most.min(Republisher::MAX_ORDERS);
        let batch = if self.is_fifo { self.next_of_each_group(most) } else { self.first(most) };
        (!batch.is_empty()).then_some(batch)
    }

    /// Takes the result of a batch: the orders that SNS acknowledged.
    pub fn record_result(&mut self, batch: &[T], acknowledged: &HashSet<OrderId>) {
        if !self.is_fifo {
            return;
        }
        let failed =
            batch.iter().map(AsRef::as_ref).filter(|order| !acknowledged.contains(&order.id));
        self.blocked_groups.extend(failed.map(|order| group_id(&order.customer)));
    }

    /// Takes the orders that follow one of the same customer that was not published.
    pub fn take_held_back(&mut self) -> Vec<T> {
        mem::take(&mut self.held_back)
    }

    fn first(&mut self, most: usize) -> Vec<T> {
        let count = most.min(self.waiting.len());
        self.waiting.drain(..count).collect()
    }

    fn next_of_each_group(&mut self, most: usize) -> Vec<T> {
        let (mut batch, mut groups, mut later) = (vec![], HashSet::new(), VecDeque::new());
        while batch.len() < most
            && let Some(order) = self.waiting.pop_front()
        {
            let group = group_id(&order.as_ref().customer);
            if self.blocked_groups.contains(&group) {
                self.held_back.push(order);
            } else if groups.insert(group) {
                batch.push(order);
            } else {
                later.push_back(order);
            }
        }
        later.append(&mut self.waiting);
        self.waiting = later;
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::order;
    use proptest::prelude::*;

    struct Placed(Order);

    impl AsRef<Order> for Placed {
        fn as_ref(&self) -> &Order {
            &self.0
        }
    }

    /// An order of a customer, placed at a second.
    fn placed(customer: u8, second: i64) -> Placed {
        let mut order = order("80.00");
        order.customer = format!("Ada {customer}").parse().unwrap();
        order.placed_at = jiff::Timestamp::from_second(second).unwrap();
        Placed(order)
    }

    fn queue(is_fifo: bool, orders: Vec<Placed>) -> PublishQueue<Placed> {
        let mut queue = PublishQueue::new(is_fifo);
        queue.extend(orders);
        queue
    }

    fn customers(batch: Option<Vec<Placed>>) -> Vec<String> {
        let batch = batch.unwrap_or_default();
        batch.iter().map(|order| order.0.customer.as_str().to_owned()).collect()
    }

    #[test]
    fn standard_topic_gets_the_orders_as_they_come() {
        let mut queue = queue(false, (0..12).map(|second| placed(1, 20 - second)).collect());
        assert_eq!(queue.next_batch(100).unwrap().len(), 10);
        queue.record_result(&[placed(1, 0)], &HashSet::new());
        assert_eq!(queue.next_batch(1).unwrap().len(), 1);
        assert_eq!(queue.next_batch(100).unwrap().len(), 1);
        assert!(queue.next_batch(100).is_none());
        assert!(queue.take_held_back().is_empty());
    }

    #[test]
    fn fifo_batch_has_one_order_of_a_customer() {
        let mut queue = queue(true, vec![placed(1, 1), placed(1, 2), placed(2, 3), placed(1, 4)]);
        assert_eq!(customers(queue.next_batch(10)), ["Ada 1", "Ada 2"]);
        assert_eq!(customers(queue.next_batch(10)), ["Ada 1"]);
        assert_eq!(customers(queue.next_batch(10)), ["Ada 1"]);
        assert!(queue.next_batch(10).is_none());
    }

    #[test]
    fn order_that_was_not_published_holds_back_its_customer_only() {
        let mut queue = queue(true, vec![placed(1, 1), placed(2, 2), placed(1, 3), placed(2, 4)]);
        let batch = queue.next_batch(10).unwrap();
        queue.record_result(&batch, &HashSet::from([batch[1].0.id]));
        assert_eq!(customers(queue.next_batch(10)), ["Ada 2"]);
        assert!(queue.next_batch(10).is_none());
        assert_eq!(customers(Some(queue.take_held_back())), ["Ada 1"]);
    }

    proptest! {
        /// Every order is published or held back, a customer's in the order placed, and none after
        /// one that failed.
        #[test]
        fn no_order_overtakes_one_of_its_customer(
            orders in prop::collection::vec((0_u8..4, 0_i64..50), 0..40),
            fails in prop::collection::vec(prop::bool::weighted(0.2), 40),
            most in 1_usize..12,
        ) {
            let count = orders.len();
            let orders = orders.into_iter().map(|(customer, second)| placed(customer, second));
            let mut queue = queue(true, orders.collect());
            let mut fails = fails.into_iter();
            let (mut tried, mut published) = (0, vec![]);
            while let Some(batch) = queue.next_batch(most) {
                prop_assert!(batch.len() <= most.min(10));
                tried += batch.len();
                let acknowledged = batch.iter().filter(|_| !fails.next().unwrap());
                let acknowledged: HashSet<_> = acknowledged.map(|order| order.0.id).collect();
                queue.record_result(&batch, &acknowledged);
                let accepted = |order: &Placed| acknowledged.contains(&order.0.id);
                published.extend(batch.into_iter().map(|order| (accepted(&order), order.0)));
            }
            prop_assert_eq!(tried + queue.take_held_back().len(), count);
            for customer in 0..4 {
                let name = format!("Ada {customer}");
                let own: Vec<_> =
                    published.iter().filter(|(_, order)| order.customer.as_str() == name).collect();
                prop_assert!(own.is_sorted_by_key(|(_, order)| order.placed_at));
                let last = own.len().saturating_sub(1);
                prop_assert!(own.iter().take(last).all(|(accepted, _)| *accepted), "overtaken");
            }
        }
    }
}
