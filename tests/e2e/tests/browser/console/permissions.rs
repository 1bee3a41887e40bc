//! The permissions that the console needs, as its guide lists them.

use std::collections::BTreeSet;
use std::fs;

use e2e::{Console, Deployment, OrderEvent, fault_proxy};
use reqwest::Method;
use reqwest::header::ORIGIN;
use serde_json::Value;

use super::INVOICING;
use super::safety::{send, token};

/// Actions of a redrive by SQS itself, which the emulator does not support beyond refusing it.
const MOVE_TASK: [&str; 2] = ["sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks"];

/// The actions of the policy in the guide.
fn listed() -> BTreeSet<String> {
    let guide = devstack::root().join("docs/guides/console.md");
    let guide = fs::read_to_string(guide).expect("the guide can be read");
    let (_, policy) = guide.split_once("```json").expect("the guide has a policy");
    let policy: Value =
        serde_json::from_str(policy.split_once("```").expect("it ends").0).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements").iter();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().expect("actions"));
    actions.map(|action| action.as_str().expect("a text").to_owned()).collect()
}

/// The IAM action that an operation needs: that of the same name, but batches have no own.
fn action(operation: &str) -> String {
    let service = match operation {
        "DescribeStacks" => "cloudformation",
        "FilterLogEvents" => "logs",
        "ListSubscriptionsByTopic" | "GetSubscriptionAttributes" => "sns",
        _ => "sqs",
    };
    format!("{service}:{}", operation.trim_end_matches("Batch"))
}

#[tokio::test]
async fn console_uses_only_the_listed_permissions() {
    let _invoicing = INVOICING.lock().await;
    let shop = Deployment::under_test().await;
    let proxy = fault_proxy().await;
    proxy.record();
    let console = Console::start(proxy.url(), &["--allow-changes"]).await;
    let token = token(&console).await;
    let own = [(ORIGIN.as_str(), console.url())];
    for action in ["redrive", "purge"] {
        let event = OrderEvent::of("90.00");
        shop.send("InvoicingSubscriptionDlqUrl", &event.body(), &[]).await;
        let name = "invoicing-subscription";
        send(&console, Method::GET, &format!("/dlq/{name}"), &[], "").await;
        let form = format!("token={token}&name={name}");
        send(&console, Method::POST, &format!("/dlq/{name}/{action}"), &own, &form).await;
        shop.drained("InvoicingSubscriptionDlqUrl").await;
        // Otherwise `check` would report an invoice without an order.
        shop.drained("InvoicingQueueUrl").await;
        shop.delete_row("InvoicingTable", "order_id", &event.order_id).await;
    }
    let form = format!("token={token}&name=invoicing");
    send(&console, Method::POST, "/dlq/invoicing/redrive", &own, &form).await;
    let mut expected = listed();
    expected.retain(|action| !MOVE_TASK.contains(&action.as_str()));
    let used = async || {
        let used: BTreeSet<_> =
            proxy.recorded().iter().map(|call| action(&call.operation)).collect();
        (used == expected).then_some(())
    };
    let what = format!("the console has used exactly {expected:?}");
    e2e::eventually(&what, crate::browser::SOON, used).await;
}
