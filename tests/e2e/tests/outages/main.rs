//! Whole services gone for a while, with customers in the shop. What was accepted meanwhile is carried out afterwards,
//! once; what ended in a dead-letter queue is redriven by the operator's command.

use std::cell::Cell;
use std::time::Duration;

use devstack::Fault;
use e2e::{Deployment, Effects, Ledger, Rig, Wish, held};
use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

const A_MINUTE: Duration = Duration::from_secs(60);
/// How long customers come before and after.
const A_WHILE: Duration = Duration::from_secs(5);
const A_CUSTOMER_EVERY: Duration = Duration::from_millis(200);
const EVERY_TIME: u32 = u32::MAX;

const SNS: [&str; 2] = ["Publish", "PublishBatch"];
const DYNAMODB: [&str; 7] =
    ["PutItem", "TransactWriteItems", "UpdateItem", "BatchGetItem", "BatchExecuteStatement", "Scan", "Query"];

/// Lets customers come, all of them patient, while something is done to the stack, and a while longer.
async fn customers_during<T>(shop: &Deployment, done_to_it: impl Future<Output = T>) -> (Ledger, T) {
    let over = Cell::new(false);
    let customers = async {
        let mut every = interval(A_CUSTOMER_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut buying, mut ledger, mut number) = (FuturesUnordered::new(), Ledger::default(), 0);
        loop {
            tokio::select! {
                _ = every.tick(), if !over.get() => {
                    number += 1;
                    buying.push(shop.buy(wish(number)));
                }
                Some(bought) = buying.next() => ledger.enter(bought),
                else => return ledger,
            }
        }
    };
    let trouble = async {
        tokio::time::sleep(A_WHILE).await;
        let done = done_to_it.await;
        tokio::time::sleep(A_WHILE).await;
        over.set(true);
        done
    };
    tokio::join!(customers, trouble)
}

fn wish(number: u64) -> Wish {
    Wish {
        customer: format!("Ada {}", Uuid::new_v4()),
        cents: 7_900 + number % 200,
        by_form: number.is_multiple_of(4),
        patient: true,
    }
}

async fn down_for_a_minute(rig: &Rig, operations: &[&str], fault: Fault) -> u32 {
    let injected: Vec<_> = operations.iter().map(|name| rig.proxy.inject(name, fault, EVERY_TIME)).collect();
    tokio::time::sleep(A_MINUTE).await;
    rig.proxy.calm();
    injected.iter().map(devstack::Injected::times).sum()
}

/// Asserts that everything accepted was carried out once, and gives how many messages had to be redriven for it.
async fn assert_carried_out(rig: &Rig, ledger: &Ledger) -> u64 {
    let dead_letters = rig.shop.come_to_rest().await;
    let mut effects = Effects::default();
    effects.look(&rig.shop).await;
    let audit = effects.audit(&rig.shop, ledger).await;
    assert!(ledger.wrong.is_empty(), "{:#?}", ledger.wrong);
    assert!(audit.lost.is_empty(), "{:#?}", audit.lost);
    assert!(audit.doubled.is_empty(), "{:#?}", audit.doubled);
    assert_eq!(audit.fulfilled, ledger.accepted.len(), "every customer was patient and got one order");
    assert_eq!(dead_letters.left, 0);
    dead_letters.came
}

#[tokio::test]
async fn sns_down_for_a_minute_turns_no_customer_away() {
    let rig = Rig::start().await.expect("a stack can be started");
    let (ledger, failed) = customers_during(&rig.shop, down_for_a_minute(&rig, &SNS, Fault::Fail)).await;
    assert!(failed > 0, "nothing failed");
    assert_eq!(ledger.unclear_answers, 0, "accepted is saved, whether or not it can be announced");
    rig.shop.announced_by_its_own_relay().await;
    assert_eq!(assert_carried_out(&rig, &ledger).await, 0, "what is not announced is in no queue");
    held("SNS, all calls", "a minute of service errors, under load", "every order accepted, done once");
}

#[tokio::test]
async fn dynamodb_down_for_a_minute_accepts_nothing_it_did_not_save() {
    let rig = Rig::start().await.expect("a stack can be started");
    let (ledger, failed) = customers_during(&rig.shop, down_for_a_minute(&rig, &DYNAMODB, Fault::Refuse)).await;
    assert!(failed > 0, "nothing failed");
    assert!(ledger.unclear_answers > 0, "an order that cannot be saved is not accepted");
    assert_carried_out(&rig, &ledger).await;
    held(
        "DynamoDB, all calls",
        "refused for a minute, under load",
        "every customer who asked again got one order, done once",
    );
}

#[tokio::test]
async fn a_service_down_while_messages_wait_fills_the_dead_letter_queues_and_a_redrive_empties_them() {
    let rig = Rig::start().await.expect("a stack can be started");
    // Only the subscribers' inserts: orders are accepted and announced, and each message is tried in vain until it is dead.
    let inserts = down_for_a_minute(&rig, &["BatchExecuteStatement"], Fault::Refuse);
    let (ledger, failed) = customers_during(&rig.shop, inserts).await;
    assert!(failed > 0, "nothing failed");
    assert_eq!(ledger.unclear_answers, 0, "the shop does not depend on its subscribers");
    assert!(assert_carried_out(&rig, &ledger).await > 0, "a minute is longer than three tries take here");
    held(
        "subscribers, BatchExecuteStatement",
        "refused for a minute, under load",
        "dead-lettered; done once after a redrive",
    );
}

#[tokio::test]
async fn everything_stopped_and_started_again_under_load() {
    const RESTARTS: usize = 3;
    let mut rig = Rig::start().await.expect("a stack can be started");
    let shop = rig.shop.clone();
    let restarts = stream::iter(0..RESTARTS).fold(&mut rig, async |rig, _| {
        rig.restart().await.expect("the emulator starts again");
        tokio::time::sleep(A_WHILE).await;
        rig
    });
    let (ledger, _) = customers_during(&shop, restarts).await;
    assert_carried_out(&rig, &ledger).await;
    held("everything", "stopped and started again three times, under load", "every order accepted, done once");
}
