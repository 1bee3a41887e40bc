//! Inserts that fail.

use std::time::Duration;

use e2e::{FaultStack, OrderEvent, Subscriber, eventually, ops_on};
use futures::future::join_all;
use uuid::Uuid;

use crate::{Row, VISIBILITY_SECONDS, effects_of, events, ids, row, send};

const SOON: Duration = Duration::from_secs(60);

/// Orders of two customers, those of the first before and after those of the second.
fn interleaved(
    [ada, bob]: [&str; 2],
    of_ada: &[OrderEvent],
    of_bob: &[OrderEvent],
) -> Vec<(String, String)> {
    let mut messages = vec![];
    for position in 0..of_ada.len().max(of_bob.len()) {
        for (group, events) in [(ada, of_ada), (bob, of_bob)] {
            messages.extend(events.get(position).map(|event| (group.to_owned(), event.body())));
        }
    }
    messages
}

async fn send_interleaved(
    stack: &FaultStack,
    subscriber: &Subscriber,
    of_ada: &[OrderEvent],
    of_bob: &[OrderEvent],
) {
    let groups = [(); 2].map(|()| Uuid::new_v4().to_string());
    let messages = interleaved(groups.each_ref().map(|group| &**group), of_ada, of_bob);
    let messages: Vec<_> = messages.iter().map(|(group, body)| (&**group, body.clone())).collect();
    send(&stack.shop, &subscriber.queue(), &messages).await;
}

/// While the insert of an order fails, its customer's later orders wait for it; those of other
/// customers do not.
pub(crate) async fn failing_insert_stops_its_customer_alone(stack: &FaultStack) -> Vec<Row> {
    let subscribers = stack.shop.subscribers();
    let failing = join_all(subscribers.iter().map(async |subscriber| {
        let table = subscriber.table();
        let (of_ada, of_bob) = (events(5), events(5));
        stack.proxy.fail_insert(stack.shop.output(&table), &of_ada[1].order_id, u32::MAX);
        send_interleaved(stack, subscriber, &of_ada, &of_bob).await;
        eventually("the other customer's orders are done", SOON, async || {
            (effects_of(stack, &table, &of_bob).len() == of_bob.len()).then_some(())
        })
        .await;
        (subscriber, table, of_ada, of_bob)
    }))
    .await;
    for (_, table, of_ada, _) in &failing {
        let done = effects_of(stack, table, of_ada).len();
        assert!(done <= 1, "{table}: {done} of her orders are done, and the second fails");
    }
    stack.proxy.calm();
    let mut others = 0;
    for (subscriber, table, of_ada, of_bob) in failing {
        stack.shop.drained(&subscriber.queue()).await;
        assert_eq!(effects_of(stack, &table, &of_ada), ids(&of_ada), "{table}: in order");
        assert_eq!(effects_of(stack, &table, &of_bob), ids(&of_bob), "{table}: in order");
        others += of_bob.len();
    }
    vec![row("Orders of others that were done while an insert failed", others)]
}

/// An order that fails at every try reaches the dead-letter queue, and no other one with it. A
/// redrive within five minutes is not taken for a repetition, and neither is a second one.
pub(crate) async fn order_that_always_fails_is_dead_lettered_alone(stack: &FaultStack) -> Vec<Row> {
    let shop = &stack.shop;
    let subscriber = shop.subscribers().remove(0);
    let (queue, dlq, table) = (subscriber.queue(), subscriber.dlq(), subscriber.table());
    let (of_ada, of_bob) = (events(6), events(4));
    let failing = of_ada[2].clone();
    stack.proxy.fail_insert(shop.output(&table), &failing.order_id, u32::MAX);
    send_interleaved(stack, &subscriber, &of_ada, &of_bob).await;
    let mut others = of_ada.clone();
    others.retain(|event| event.order_id != failing.order_id);

    let (mut redrives, mut others_dead) = (0, 0);
    while redrives < 2 {
        shop.drained(&queue).await;
        let dead = dead_letters(stack, &subscriber).await;
        assert_eq!(dead, 1, "{redrives} redrives: that one alone");
        others_dead += dead - 1;
        assert_eq!(effects_of(stack, &table, &of_ada), ids(&others), "in order, without it");
        assert_eq!(effects_of(stack, &table, &of_bob), ids(&of_bob), "in order");
        if redrives == 1 {
            stack.proxy.calm();
        }
        ops_on(shop, &["dlq", "redrive", &subscriber.function]).await.assert_code(0);
        assert_eq!(dead_letters(stack, &subscriber).await, 0, "it was moved");
        redrives += 1;
    }
    let row_of = async || shop.row(&table, "order_id", &failing.order_id).await;
    eventually("the redriven order is done", SOON, row_of).await;
    shop.drained(&queue).await;
    assert_eq!(dead_letters(stack, &subscriber).await, 0, "{dlq} is empty");
    vec![
        row("Orders dead-lettered with one that failed at every try", others_dead),
        row("Redrives of one message within five minutes, none dropped", redrives),
    ]
}

/// The messages in a dead-letter queue, once the queue has had time to move its own there.
async fn dead_letters(stack: &FaultStack, subscriber: &Subscriber) -> usize {
    let visible_again = Duration::from_secs(VISIBILITY_SECONDS);
    let shown = eventually("the dead-letter queue is shown", visible_again + SOON, async || {
        let shown = ops_on(&stack.shop, &["dlq", "show", &subscriber.function, "--json"]).await;
        (shown.code == 0).then_some(shown)
    });
    shown.await.objects().len()
}
