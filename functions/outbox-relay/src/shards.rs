//! Reads all shards of the outbox side by side, the oldest orders first.

use std::collections::VecDeque;

use futures::future::try_join_all;
use jiff::Timestamp;
use store::{Next, Outbox, PendingOrder, StoreError, Unreadable};

/// The shards of the outbox, each read page by page, the oldest order first.
pub(crate) struct Shards<'a> {
    outbox: &'a Outbox,
    shards: Vec<Shard>,
}

struct Shard {
    number: u8,
    orders: VecDeque<PendingOrder>,
    rest: Rest,
}

/// What of a shard has not been read.
enum Rest {
    All,
    From(Next),
    Nothing,
}

impl<'a> Shards<'a> {
    pub(crate) fn new(outbox: &'a Outbox) -> Self {
        let shard = |number| Shard { number, orders: VecDeque::new(), rest: Rest::All };
        Self { outbox, shards: outbox.shards().map(shard).collect() }
    }

    /// Reads a page of each shard that has no order left in memory, up to those placed at `until`.
    /// Returns the rows that are not orders. After an error nothing is known of the oldest order.
    pub(crate) async fn fill(&mut self, until: Timestamp) -> Result<Vec<Unreadable>, StoreError> {
        let outbox = self.outbox;
        let fills = self.shards.iter_mut().map(|shard| shard.fill(outbox, until));
        Ok(try_join_all(fills).await?.into_iter().flatten().collect())
    }

    /// Takes the orders that are older than all those not read yet, or as old; `None` if there is
    /// no order left.
    pub(crate) fn take_oldest(&mut self) -> Option<Vec<PendingOrder>> {
        let incomplete = self.shards.iter().filter(|shard| !matches!(shard.rest, Rest::Nothing));
        let last_read = incomplete.filter_map(|shard| shard.orders.back());
        let until = last_read.map(|pending| pending.order.placed_at).min();
        let mut oldest = vec![];
        for shard in &mut self.shards {
            let is_due = |pending: &mut PendingOrder| {
                until.is_none_or(|until| pending.order.placed_at <= until)
            };
            while let Some(pending) = shard.orders.pop_front_if(is_due) {
                oldest.push(pending);
            }
        }
        (!oldest.is_empty()).then_some(oldest)
    }
}

impl Shard {
    /// Reads on until there is an order in memory, or nothing left to read.
    async fn fill(
        &mut self,
        outbox: &Outbox,
        until: Timestamp,
    ) -> Result<Vec<Unreadable>, StoreError> {
        let mut unreadable = vec![];
        while self.orders.is_empty() {
            let from = match &self.rest {
                Rest::All => None,
                Rest::From(next) => Some(next.clone()),
                Rest::Nothing => break,
            };
            let page = outbox.query_shard(self.number, until, from).await?;
            self.rest = page.next.map_or(Rest::Nothing, Rest::From);
            self.orders = page.orders.into();
            unreadable.extend(page.unreadable);
        }
        Ok(unreadable)
    }
}
