//! Messages that no subscriber can read.

use std::time::Duration;

use e2e::{FaultStack, batch_of_bodies, eventually, failures};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::{Row, effects_of, events, ids, row, send};

const SOON: Duration = Duration::from_secs(60);

/// Poison in the middle of a group, in one batch with nine good orders.
pub(crate) async fn poison_is_dead_lettered_alone(stack: &FaultStack) -> Vec<Row> {
    let shop = &stack.shop;
    let subscribers = shop.subscribers();
    join_all(subscribers.iter().map(async |subscriber| {
        let (group, poison) = (Uuid::new_v4().to_string(), format!("poison {}", Uuid::new_v4()));
        let good = events(9);
        let mut bodies: Vec<_> = good.iter().map(e2e::OrderEvent::body).collect();
        bodies.insert(4, poison.clone());
        let messages: Vec<_> = bodies.into_iter().map(|body| (&*group, body)).collect();
        send(shop, &subscriber.queue(), &messages).await;

        let table = subscriber.table();
        eventually("the good orders are done", SOON, async || {
            (effects_of(stack, &table, &good).len() == good.len()).then_some(())
        })
        .await;
        assert_eq!(effects_of(stack, &table, &good), ids(&good), "{table}: in order");
        let dead = shop.take_from_dlq(&subscriber.dlq(), &poison, SOON).await;
        assert_eq!(dead.body, poison, "its body is intact");
        shop.drained(&subscriber.queue()).await;
    }))
    .await;
    let good_dead = shop.dead_letter_ids().await.len();
    assert_eq!(good_dead, 0, "good orders went with it");
    vec![row("Good orders dead-lettered with poison of their group", good_dead)]
}

/// SQS never delivers such a message from a FIFO queue.
pub(crate) async fn message_without_a_group_is_poison(stack: &FaultStack) -> Vec<Row> {
    let subscriber = stack.shop.subscribers().remove(0);
    let mut delivery = batch_of_bodies(ids(&events(1)));
    let arn = "arn:aws:sqs:us-east-1:000000000000:orders.fifo";
    delivery["Records"][0]["eventSourceARN"] = json!(arn);
    let mut function = stack.shop.start(&subscriber.function, &[]).await;
    assert_eq!(failures(&function.invoke(&delivery).await), ["m0"]);
    let log = function.end().await;
    let said = log.iter().filter(|line| line.contains("MessageGroupId")).count();
    assert_eq!(said, 1, "{log:?}");
    vec![row("Messages without a group id: lines in the log", said)]
}
