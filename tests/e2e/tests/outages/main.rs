//! Outages of whole services while customers order. Orders accepted meanwhile are carried out once
//! afterwards; the `ops` command redrives messages in dead-letter queues.

use std::cell::Cell;
use std::env;
use std::time::Duration;

use devstack::Fault;
use e2e::{ClientRecord, Deployment, Effects, FaultStack, OrderRequest, held};
use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// Longer than the three tries of a message take here.
const A_MINUTE: Duration = Duration::from_secs(60);
/// How long customers order before and after an outage.
const A_WHILE: Duration = Duration::from_secs(5);
const A_CUSTOMER_EVERY: Duration = Duration::from_millis(200);
const EVERY_TIME: u32 = u32::MAX;

const SNS: [&str; 2] = ["Publish", "PublishBatch"];
const DYNAMODB: [&str; 8] = [
    "GetItem",
    "PutItem",
    "TransactWriteItems",
    "UpdateItem",
    "BatchGetItem",
    "BatchExecuteStatement",
    "Scan",
    "Query",
];

/// Lets patient customers order during an action on the stack, and for a while before and after.
async fn customers_during<T>(
    shop: &Deployment,
    done_to_it: impl Future<Output = T>,
) -> (ClientRecord, T) {
    let over = Cell::new(false);
    let customers = async {
        let mut every = interval(A_CUSTOMER_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut buying, mut client_record, mut number) =
            (FuturesUnordered::new(), ClientRecord::default(), 0);
        loop {
            tokio::select! {
                _ = every.tick(), if !over.get() => {
                    number += 1;
                    buying.push(shop.buy(order_request(number)));
                }
                Some(purchase) = buying.next() => client_record.record(purchase),
                else => return client_record,
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

fn order_request(number: u64) -> OrderRequest {
    OrderRequest {
        customer: format!("Ada {}", Uuid::new_v4()),
        cents: 7_900 + number % 200,
        by_form: number.is_multiple_of(4),
        patient: true,
        coupon: None,
    }
}

/// How long SNS and DynamoDB are gone: a minute, or what `E2E_OUTAGE_SECONDS` says.
fn an_outage() -> Duration {
    let seconds = env::var("E2E_OUTAGE_SECONDS").ok();
    seconds.map_or(A_MINUTE, |text| Duration::from_secs(text.parse().expect("whole seconds")))
}

/// Fails these operations for a while, and returns how many calls failed.
async fn down_for(time: Duration, stack: &FaultStack, operations: &[&str], fault: Fault) -> u32 {
    let injected: Vec<_> =
        operations.iter().map(|name| stack.proxy.inject(name, fault, EVERY_TIME)).collect();
    tokio::time::sleep(time).await;
    stack.proxy.calm();
    injected.iter().map(devstack::Injected::times).sum()
}

/// Asserts that every accepted order was carried out once, and returns how many messages needed a
/// redrive.
async fn assert_carried_out(stack: &FaultStack, client_record: &ClientRecord) -> u64 {
    let dead_letters = stack.shop.drain_and_redrive().await;
    let mut effects = Effects::default();
    effects.check(&stack.shop).await;
    let audit = effects.audit(&stack.shop, client_record).await;
    assert!(client_record.wrong.is_empty(), "{:#?}", client_record.wrong);
    assert!(audit.lost.is_empty(), "{:#?}", audit.lost);
    assert!(audit.doubled.is_empty(), "{:#?}", audit.doubled);
    assert_eq!(
        audit.fulfilled,
        client_record.accepted.len(),
        "every customer was patient and got one order"
    );
    assert_eq!(dead_letters.left, 0);
    dead_letters.came
}

/// A dependency on what is out would make nearly every response unclear; a pause of the machine
/// makes a few so.
fn assert_few_unclear(record: &ClientRecord, what: &str) {
    let unclear = usize::try_from(record.unclear_answers).expect("a few");
    let accepted = record.accepted.len();
    assert!(unclear * 10 <= accepted, "{what}: {unclear} unclear answers, {accepted} orders");
}

#[tokio::test]
async fn sns_outage_rejects_no_order() {
    let stack = FaultStack::start(&[]).await.expect("a stack can be started");
    let (client_record, failed) =
        customers_during(&stack.shop, down_for(an_outage(), &stack, &SNS, Fault::Fail)).await;
    assert!(failed > 0, "nothing failed");
    assert_few_unclear(&client_record, "accepted is saved, whether or not it can be published");
    stack.shop.published_by_its_own_relay().await;
    assert_eq!(
        assert_carried_out(&stack, &client_record).await,
        0,
        "what is not published is in no queue"
    );
    held(
        "SNS, all calls",
        "a minute of service errors, under load",
        "every order accepted, done once",
    );
}

#[tokio::test]
async fn dynamodb_outage_accepts_no_unsaved_order() {
    let stack = FaultStack::start(&[]).await.expect("a stack can be started");
    let (client_record, failed) =
        customers_during(&stack.shop, down_for(an_outage(), &stack, &DYNAMODB, Fault::Refuse))
            .await;
    assert!(failed > 0, "nothing failed");
    assert!(client_record.unclear_answers > 0, "an order that cannot be saved is not accepted");
    assert_carried_out(&stack, &client_record).await;
    held(
        "DynamoDB, all calls",
        "refused for a minute, under load",
        "every customer who asked again got one order, done once",
    );
}

#[tokio::test]
async fn subscriber_outage_fills_dlqs_and_redrive_empties_them() {
    let stack = FaultStack::start(&[]).await.expect("a stack can be started");
    // Only the subscribers' inserts fail: orders are accepted and published, and each message fails
    // until it is in the dead-letter queue.
    let inserts = down_for(A_MINUTE, &stack, &["BatchExecuteStatement"], Fault::Refuse);
    let (client_record, failed) = customers_during(&stack.shop, inserts).await;
    assert!(failed > 0, "nothing failed");
    assert_few_unclear(&client_record, "the shop does not depend on its subscribers");
    assert!(
        assert_carried_out(&stack, &client_record).await > 0,
        "a minute is longer than three tries take here"
    );
    held(
        "subscribers, BatchExecuteStatement",
        "refused for a minute, under load",
        "dead-lettered; done once after a redrive",
    );
}

#[tokio::test]
async fn full_restart_under_load_loses_no_order() {
    const RESTARTS: usize = 3;
    let mut stack = FaultStack::start(&[]).await.expect("a stack can be started");
    let shop = stack.shop.clone();
    let restarts = stream::iter(0..RESTARTS).fold(&mut stack, async |stack, _| {
        stack.restart().await.expect("the emulator starts again");
        tokio::time::sleep(A_WHILE).await;
        stack
    });
    let (client_record, _) = customers_during(&shop, restarts).await;
    assert_carried_out(&stack, &client_record).await;
    held(
        "everything",
        "stopped and started again three times, under load",
        "every order accepted, done once",
    );
}
