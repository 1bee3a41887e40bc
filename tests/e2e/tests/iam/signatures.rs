//! Calls must be signed, and must use TLS.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use e2e::{Deployment, OrderEvent, Subscriber};
use serde_json::json;

use crate::signed_http::{Call, HttpResponse, SignedHttp};
use crate::system::System;

/// Longer than the clock skew that AWS allows.
const TOO_LONG_AGO: Duration = Duration::from_secs(20 * 60);

fn refused(what: &str, response: &HttpResponse, words: &[&str]) {
    assert!(
        !response.is_answer() && words.iter().any(|words| response.body.contains(words)),
        "{what}: {response:?}"
    );
}

#[tokio::test]
async fn wrong_signature_is_rejected() {
    let http = SignedHttp::tls();
    for role in System::under_test(&http).await.roles {
        let who = Call::form("sts", &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]);
        let credentials = &role.credentials;
        let response = http.call(&who, credentials).await;
        assert!(
            response.element("Arn").ends_with(&format!(
                ":assumed-role/{}/{}",
                role.physical(),
                role.name
            )),
            "{response:?}"
        );

        let wrong = ["SignatureDoesNotMatch", "InvalidSignature"];
        let token = credentials.session_token().map(str::to_owned);
        let of_another_key =
            Credentials::new(credentials.access_key_id(), "another", token, None, "wrong");
        refused("another key", &http.call(&who, &of_another_key).await, &wrong);
        let long_ago = http.signature(&who, credentials, SystemTime::now() - TOO_LONG_AGO);
        refused("long ago", &http.send(&who, long_ago).await, &wrong);
        let mut other = who.clone();
        other.body.push_str("&Changed=true");
        let of_another_body = http.signature(&who, credentials, SystemTime::now());
        refused("another body", &http.send(&other, of_another_body).await, &wrong);
        let without_token = Credentials::new(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            None,
            None,
            "wrong",
        );
        refused(
            "without its session",
            &http.call(&who, &without_token).await,
            &["InvalidClientTokenId"],
        );
    }
}

#[tokio::test]
async fn topic_and_queues_refuse_plain_http_to_authorized_roles() {
    let (tls, plain) = (SignedHttp::tls(), SignedHttp::plain());
    let system = System::under_test(&tls).await;
    let shop = &system.shop;
    let attributes = |queue: &str| {
        let what = json!({ "QueueUrl": shop.output(queue), "AttributeNames": ["QueueArn"] });
        Call::json("sqs", "AmazonSQS.GetQueueAttributes", &what)
    };
    let event = OrderEvent::of("1.00").body();
    let topic = shop.output("OrdersTopicArn");
    let version = ("Version", "2010-03-31");
    let publish = Call::form(
        "sns",
        &[("Action", "Publish"), version, ("TopicArn", topic), ("Message", &event)],
    );
    let entry = [
        ("PublishBatchRequestEntries.member.1.Id", "1"),
        ("PublishBatchRequestEntries.member.1.Message", &event),
    ];
    let batch = [&[("Action", "PublishBatch"), version, ("TopicArn", topic)][..], &entry].concat();
    let publishing = [
        ("orders", publish.clone()),
        ("outbox-relay", publish),
        ("outbox-relay", Call::form("sns", &batch)),
    ];
    let subscribers = shop.subscribers();
    let receiving = subscribers.iter().map(|of| (&*of.function, attributes(&of.queue())));
    for (who, call) in publishing.into_iter().chain(receiving) {
        let credentials = &system.role(who).credentials;
        let response = tls.call(&call, credentials).await;
        assert_eq!(response.status, 200, "{who} over TLS: {response:?}");
        let response = plain.call(&call, credentials).await;
        refused(
            &format!("{who} in plain HTTP"),
            &response,
            &["explicit deny in a resource-based policy"],
        );
    }
}

#[tokio::test]
async fn every_queue_refuses_plain_http_even_to_the_account() {
    let (shop, tls, plain) =
        (Deployment::under_test().await, SignedHttp::tls(), SignedHttp::plain());
    for queue in shop.subscribers().iter().flat_map(Subscriber::all_queues) {
        let what = json!({ "QueueUrl": shop.output(&queue), "AttributeNames": ["QueueArn"] });
        let call = Call::json("sqs", "AmazonSQS.GetQueueAttributes", &what);
        assert_eq!(tls.call(&call, &SignedHttp::account()).await.status, 200, "{queue}");
        refused(&queue, &plain.call(&call, &SignedHttp::account()).await, &["AccessDenied"]);
    }
}
