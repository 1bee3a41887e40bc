//! Waits until a stack has done all its work, and redrives what failed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Deployment, Subscriber, eventually, ops_on};

/// Messages in dead-letter queues.
#[derive(Clone, Copy, Debug)]
pub struct DeadLetters {
    /// How many arrived, counting those that arrived again after a redrive.
    pub came: u64,
    /// How many remain.
    pub left: u64,
}

const AT_REST_WITHIN: Duration = Duration::from_secs(300);
/// Poison messages return after every redrive; good messages succeed within this many.
const REDRIVES: u32 = 3;

impl Deployment {
    /// Waits until all work is done, and redrives dead-letter queues as an operator would.
    pub async fn drain_and_redrive(&self) -> DeadLetters {
        let mut came = 0;
        self.at_rest().await;
        for _ in 0..REDRIVES {
            let dead = self.dead_letters().await;
            if dead == 0 {
                break;
            }
            came += dead;
            self.redrive_all().await;
            self.at_rest().await;
        }
        DeadLetters { came, left: self.dead_letters().await }
    }

    /// Waits until the stack's own relay, which runs every minute, has published every order.
    pub async fn published_by_its_own_relay(&self) {
        eventually("the stack's own relay publishes every order", AT_REST_WITHIN, async || {
            let orders = self.rows("OrdersTable").await;
            orders.iter().all(|row| !row.contains_key("outbox")).then_some(())
        })
        .await;
    }

    /// Waits until no order is pending and no queue holds a message. No fault may be active by now.
    pub async fn at_rest(&self) {
        let queues: Vec<_> = self.subscribers().iter().map(Subscriber::queue).collect();
        eventually("all is published and all queues are empty", AT_REST_WITHIN, async || {
            let swept = self.start("outbox-relay", &[]).await.invoke(&json!({})).await;
            (swept["found"] == 0 && self.depth(&queues).await == 0).then_some(())
        })
        .await;
    }

    /// The ids of the orders whose events are in dead-letter queues, as `ops dlq show` shows them. Of
    /// a FIFO queue it shows ten of a customer at most.
    pub async fn dead_letter_ids(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for subscriber in self.subscribers() {
            for dlq in
                [subscriber.function.clone(), format!("{}-subscription", subscriber.function)]
            {
                let shown = ops_on(self, &["dlq", "show", &dlq, "--limit=1000", "--json"]).await;
                shown.assert_code(0);
                let bodies = shown.objects().into_iter().map(|message| message["body"].clone());
                let event = |body: Value| serde_json::from_str::<Value>(body.as_str()?).ok();
                let id = |event: Value| Some(event["order_id"].as_str()?.to_owned());
                ids.extend(bodies.filter_map(event).filter_map(id));
            }
        }
        ids
    }

    async fn dead_letters(&self) -> u64 {
        let dlqs = self.subscribers().into_iter().flat_map(|of| [of.dlq(), of.subscription_dlq()]);
        self.depth(&dlqs.collect::<Vec<_>>()).await
    }
}
