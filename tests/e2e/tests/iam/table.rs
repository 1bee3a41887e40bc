//! The actions that each role may perform; all others are denied.

use futures::{StreamExt, stream};

use crate::QUEUES;
use crate::calls::call;
use crate::resources::{Kind, tried_resources};
use crate::signed_http::SignedHttp;
use crate::system::{ROLES, System, administrator};

/// All permissions of each role, except for X-Ray, which cannot be tested.
const ALLOWED: [(&str, &[(&str, &str)]); 6] = [
    (
        "orders",
        &[
            ("dynamodb:BatchGetItem", "OrdersTable"),
            ("dynamodb:PutItem", "OrdersTable"),
            ("dynamodb:UpdateItem", "OrdersTable"),
            ("dynamodb:GetItem", "IdempotencyKeysTable"),
            ("dynamodb:PutItem", "IdempotencyKeysTable"),
            ("dynamodb:BatchGetItem", "ShipmentsTable"),
            ("dynamodb:BatchGetItem", "CouponsTable"),
            ("dynamodb:BatchGetItem", "InvoicesTable"),
            ("dynamodb:UpdateItem", "CouponsTable"),
            ("dynamodb:Query", "CouponsTable/index/code"),
            ("sns:Publish", "OrdersTopic"),
            ("logs:CreateLogStream", "OrdersLogs"),
            ("logs:PutLogEvents", "OrdersLogs"),
        ],
    ),
    (
        "outbox-relay",
        &[
            ("dynamodb:PartiQLUpdate", "OrdersTable"),
            ("dynamodb:Query", "OrdersTable/index/outbox"),
            ("dynamodb:Scan", "OrdersTable/index/outbox"),
            ("sns:Publish", "OrdersTopic"),
            ("logs:CreateLogStream", "OutboxRelayLogs"),
            ("logs:PutLogEvents", "OutboxRelayLogs"),
        ],
    ),
    (
        "fulfilment",
        &[
            ("dynamodb:PartiQLInsert", "ShipmentsTable"),
            ("sqs:ReceiveMessage", "FulfilmentQueue"),
            ("sqs:DeleteMessage", "FulfilmentQueue"),
            ("sqs:GetQueueAttributes", "FulfilmentQueue"),
            ("logs:CreateLogStream", "FulfilmentLogs"),
            ("logs:PutLogEvents", "FulfilmentLogs"),
        ],
    ),
    (
        "promotion",
        &[
            ("dynamodb:PartiQLInsert", "CouponsTable"),
            ("sqs:ReceiveMessage", "PromotionQueue"),
            ("sqs:DeleteMessage", "PromotionQueue"),
            ("sqs:GetQueueAttributes", "PromotionQueue"),
            ("logs:CreateLogStream", "PromotionLogs"),
            ("logs:PutLogEvents", "PromotionLogs"),
        ],
    ),
    (
        "invoicing",
        &[
            ("dynamodb:PartiQLInsert", "InvoicesTable"),
            ("dynamodb:UpdateItem", "InvoicesTable"),
            ("sqs:ReceiveMessage", "InvoicingQueue"),
            ("sqs:DeleteMessage", "InvoicingQueue"),
            ("sqs:GetQueueAttributes", "InvoicingQueue"),
            ("logs:CreateLogStream", "InvoicingLogs"),
            ("logs:PutLogEvents", "InvoicingLogs"),
        ],
    ),
    ("schedule", &[("lambda:InvokeFunction", "OutboxRelayFunction")]),
];

/// Whether a role may perform an action on a resource.
pub(crate) fn allowed(role: &str, action: &str, resource: &str) -> bool {
    ALLOWED.iter().any(|(of, what)| *of == role && what.contains(&(action, resource)))
}

/// Every combination to test.
pub(crate) fn tries() -> Vec<(&'static str, String, Kind)> {
    let on = |(resource, kind): (String, Kind)| {
        kind.actions()
            .iter()
            .map(move |action| (*action, resource.clone(), kind))
            .collect::<Vec<_>>()
    };
    tried_resources().into_iter().flat_map(on).collect()
}

/// How many calls run in parallel.
const AT_ONCE: usize = 4;

#[test]
fn every_allowed_action_is_tried() {
    for (role, what) in ALLOWED {
        for (action, resource) in what {
            let tried = tries().iter().any(|(tried, on, _)| tried == action && on == resource);
            assert!(tried, "{role} may do {action} to {resource}, which nobody tries");
        }
    }
}

#[tokio::test]
async fn role_is_allowed_its_actions_and_denied_all_others() {
    let _alone = QUEUES.write().await;
    let http = SignedHttp::tls();
    let system = System::under_test(&http).await;
    let mut wrong = vec![];
    for role in &system.roles {
        let verdicts = stream::iter(tries()).map(async |(action, resource, kind)| {
            let response =
                http.call(&call(&system, action, &resource, kind), &role.credentials).await;
            let (expected, right) = if allowed(role.name, action, &resource) {
                ("done", response.is_answer())
            } else {
                ("denied", response.denies(role.physical(), action))
            };
            (!right).then(|| {
                format!("{}: {action} on {resource} is not {expected}: {response:?}", role.name)
            })
        });
        wrong.extend(
            verdicts
                .buffer_unordered(AT_ONCE)
                .filter_map(async |verdict| verdict)
                .collect::<Vec<_>>()
                .await,
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        ROLES.len() * tries().len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn administrator_succeeds_at_every_tried_call() {
    let _alone = QUEUES.write().await;
    let http = SignedHttp::tls();
    let system = System::under_test(&http).await;
    let administrator = administrator(&http).await;
    for (action, resource, kind) in tries() {
        let response = http.call(&call(&system, action, &resource, kind), &administrator).await;
        // Only Lambda can assume a function's role.
        let expected = action != "sts:AssumeRole";
        assert_eq!(response.is_answer(), expected, "{action} on {resource}: {response:?}");
    }
}
