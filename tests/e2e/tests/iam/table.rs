//! The actions that each role may perform; all others are denied.

use e2e::Deployment;
use futures::{StreamExt, stream};

use crate::QUEUES;
use crate::calls::call;
use crate::resources::{Kind, prefix, tried_resources};
use crate::signed_http::SignedHttp;
use crate::system::{OTHER_ROLES, System, administrator, subscribers};

/// The permissions of every subscriber's role on its own resources. X-Ray's are left out, here and
/// in [`ALLOWED`], because they cannot be tested.
const ALLOWED_TO_SUBSCRIBERS: [(&str, &str); 6] = [
    ("dynamodb:PartiQLInsert", "Table"),
    ("sqs:ReceiveMessage", "Queue"),
    ("sqs:DeleteMessage", "Queue"),
    ("sqs:GetQueueAttributes", "Queue"),
    ("logs:CreateLogStream", "Logs"),
    ("logs:PutLogEvents", "Logs"),
];

/// All permissions of the other roles, and what one subscriber's role may do besides.
pub(crate) const ALLOWED: [(&str, &[(&str, &str)]); 4] = [
    (
        "orders",
        &[
            ("dynamodb:BatchGetItem", "OrdersTable"),
            ("dynamodb:PutItem", "OrdersTable"),
            ("dynamodb:UpdateItem", "OrdersTable"),
            ("dynamodb:GetItem", "IdempotencyKeysTable"),
            ("dynamodb:PutItem", "IdempotencyKeysTable"),
            ("dynamodb:BatchGetItem", "FulfilmentTable"),
            ("dynamodb:BatchGetItem", "PromotionTable"),
            ("dynamodb:BatchGetItem", "InvoicingTable"),
            ("dynamodb:UpdateItem", "PromotionTable"),
            ("dynamodb:Query", "PromotionTable/index/code"),
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
    ("schedule", &[("lambda:InvokeFunction", "OutboxRelayFunction")]),
    ("invoicing", &[("dynamodb:UpdateItem", "InvoicingTable")]),
];

/// Whether a role may perform an action on a resource.
pub(crate) fn allowed(role: &str, action: &str, resource: &str) -> bool {
    if ALLOWED.iter().any(|(of, what)| *of == role && what.contains(&(action, resource))) {
        return true;
    }
    if OTHER_ROLES.contains(&role) {
        return false;
    }
    let own = resource.strip_prefix(&*prefix(role));
    own.is_some_and(|suffix| ALLOWED_TO_SUBSCRIBERS.contains(&(action, suffix)))
}

/// Every combination to test, in a stack with these subscribers.
pub(crate) fn tries(subscribers: &[String]) -> Vec<(&'static str, String, Kind)> {
    let on = |(resource, kind): (String, Kind)| {
        kind.actions()
            .iter()
            .map(move |action| (*action, resource.clone(), kind))
            .collect::<Vec<_>>()
    };
    tried_resources(subscribers).into_iter().flat_map(on).collect()
}

/// How many calls run in parallel.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn every_allowed_action_is_tried() {
    let subscribers = subscribers(&Deployment::under_test().await);
    let combinations = tries(&subscribers);
    for (role, what) in ALLOWED {
        let there = OTHER_ROLES.contains(&role) || subscribers.iter().any(|name| name == role);
        assert!(there, "the stack has no role of {role}");
        for (action, resource) in what {
            let tried = combinations.iter().any(|(tried, on, _)| tried == action && on == resource);
            assert!(tried, "{role} may do {action} to {resource}, which nobody tries");
        }
    }
}

#[tokio::test]
async fn role_is_allowed_its_actions_and_denied_all_others() {
    let _alone = QUEUES.write().await;
    let http = SignedHttp::tls();
    let system = System::under_test(&http).await;
    let tries = tries(&system.subscribers);
    let mut wrong = vec![];
    for role in &system.roles {
        let verdicts = stream::iter(tries.clone()).map(async |(action, resource, kind)| {
            let response =
                http.call(&call(&system, action, &resource, kind), &role.credentials).await;
            let (expected, right) = if allowed(&role.name, action, &resource) {
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
        system.roles.len() * tries.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn administrator_succeeds_at_every_tried_call() {
    let _alone = QUEUES.write().await;
    let http = SignedHttp::tls();
    let system = System::under_test(&http).await;
    let administrator = administrator(&http).await;
    for (action, resource, kind) in tries(&system.subscribers) {
        let response = http.call(&call(&system, action, &resource, kind), &administrator).await;
        // Only Lambda can assume a function's role.
        let expected = action != "sts:AssumeRole";
        assert_eq!(response.is_answer(), expected, "{action} on {resource}: {response:?}");
    }
}
