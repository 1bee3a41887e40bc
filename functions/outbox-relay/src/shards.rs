//! Reads all shards of the outbox side by side, the oldest orders first: for FIFO topics.

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU8;

    use aws_mock::MockAws;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const PAGE: usize = 2;

    /// A page of a shard, whose orders were placed at these seconds.
    fn page(shard: usize, seconds: &[i64], from: usize) -> Value {
        let row = |second: &i64| {
            json!({
                "id": {"S": "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11"}, "customer": {"S": "Ada"},
                "amount": {"N": "80"}, "outbox": {"N": shard.to_string()},
                "placed_at": {"S": Timestamp::from_second(*second).unwrap().to_string()},
            })
        };
        let end = seconds.len().min(from + PAGE);
        let rows: Vec<_> = seconds[from..end].iter().map(row).collect();
        let mut page = json!({"Items": rows});
        if end < seconds.len() {
            page["LastEvaluatedKey"] = json!({"id": {"S": end.to_string()}});
        }
        page
    }

    /// An outbox whose shards have these orders, each sorted.
    fn mock(shards: Vec<Vec<i64>>) -> MockAws {
        MockAws::with_json(move |operation, request| {
            if operation == "Scan" {
                return (200, json!({"Items": []}));
            }
            let number = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
            let shard: usize =
                number(&request["ExpressionAttributeValues"][":shard"]["N"]).unwrap();
            let from = number(&request["ExclusiveStartKey"]["id"]["S"]).unwrap_or(0);
            (200, page(shard, &shards[shard], from))
        })
    }

    proptest! {
        /// All orders come, and none before an older one that is taken later.
        #[test]
        fn oldest_orders_of_all_shards_come_first(
            mut shards in prop::collection::vec(prop::collection::vec(0_i64..40, 0..9), 1..5),
        ) {
            for seconds in &mut shards {
                seconds.sort_unstable();
            }
            let mut expected = shards.concat();
            expected.sort_unstable();
            let count = NonZeroU8::new(shards.len().try_into().unwrap()).unwrap();
            let aws = mock(shards);
            let taken = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
                .block_on(async {
                    let outbox = Outbox::connect(&aws.sdk(), "orders".to_owned(), count).await;
                    let (mut shards, mut taken) = (Shards::new(&outbox), vec![]);
                    loop {
                        shards.fill(Timestamp::now()).await.unwrap();
                        let Some(orders) = shards.take_oldest() else { return taken };
                        let second = |pending: PendingOrder| pending.order.placed_at.as_second();
                        let mut seconds: Vec<_> = orders.into_iter().map(second).collect();
                        seconds.sort_unstable();
                        taken.extend(seconds);
                    }
                });
            prop_assert_eq!(taken, expected);
        }
    }
}
