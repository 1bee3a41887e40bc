//! Only the topic may send to a queue.

use aws_credential_types::Credentials;
use e2e::{Deployment, Subscriber, eventually};
use serde_json::json;
use uuid::Uuid;

use crate::signed_http::{Call, HttpResponse, SignedHttp};
use crate::system::{System, administrator, nobody};
use crate::{QUEUES, SOON};

/// A queue that the topic may send to, and that no function reads.
const UNREAD: &str = "FulfilmentSubscriptionDlq";

fn send(queue: &str, body: &str) -> Call {
    Call::json(
        "sqs",
        "AmazonSQS.SendMessage",
        &json!({ "QueueUrl": queue, "MessageBody": body, "DelaySeconds": 900 }),
    )
}

#[tokio::test]
async fn unauthorized_principal_cannot_send_to_a_queue() {
    let _alone = QUEUES.write().await;
    let http = SignedHttp::tls();
    let system = System::under_test(&http).await;
    let refused = |who: &str, response: &HttpResponse, words: &str| {
        assert!(
            !response.is_answer() && response.body.contains(words),
            "{who} is not refused: {response:?}"
        );
    };
    let (nobody, administrator) = (nobody(&http).await, administrator(&http).await);
    let unknown = Credentials::new("AKIAIOSFODNN7EXAMPLE", "none", None, None, "made up");
    let of_another_account =
        Credentials::new("999999999999", "test", None, None, "another account");
    for output in system.shop.subscribers().iter().flat_map(Subscriber::all_queues) {
        let call = send(system.shop.output(&output), "from another principal");
        refused("who is nobody", &http.send(&call, vec![]).await, "AccessDenied");
        refused("who is unknown", &http.call(&call, &unknown).await, "InvalidClientTokenId");
        refused("a role that may do nothing", &http.call(&call, &nobody).await, "AccessDenied");
        refused("another account", &http.call(&call, &of_another_account).await, "AccessDenied");
        for role in &system.roles {
            refused(
                &role.name,
                &http.call(&call, &role.credentials).await,
                "not authorized to perform: sqs:SendMessage",
            );
        }
        let response = http.call(&call, &administrator).await;
        assert_eq!(response.status, 200, "{output}: the very same call: {response:?}");
        let purge = Call::json(
            "sqs",
            "AmazonSQS.PurgeQueue",
            &json!({ "QueueUrl": system.shop.output(&output) }),
        );
        assert_eq!(http.call(&purge, &administrator).await.status, 200);
    }
}

#[tokio::test]
async fn other_topic_cannot_send_to_a_queue() {
    let _alone = QUEUES.write().await;
    let (shop, http) = (Deployment::under_test().await, SignedHttp::tls());
    let queue = shop.output(&format!("{UNREAD}Url"));
    let other_topic = create_topic(&http).await;
    // Deliveries go in this order: when the second queue has the message, the first was tried.
    let open_to_all = create_queue_for(&http, &other_topic).await;
    subscribe(&http, &other_topic, &arn(&http, queue).await).await;
    subscribe(&http, &other_topic, &arn(&http, &open_to_all).await).await;
    let ours = subscribe(&http, shop.output("OrdersTopicArn"), &arn(&http, queue).await).await;

    let (from_other, from_ours) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    publish(&http, &other_topic, &from_other).await;
    received(&http, &open_to_all, &from_other).await;
    publish(&http, shop.output("OrdersTopicArn"), &from_ours).await;
    let seen = received(&http, queue, &from_ours).await;
    assert!(
        !seen.iter().any(|body| body.contains(&from_other)),
        "another topic's message arrived: {seen:?}"
    );

    // Cleans up: the messages there are not orders.
    let end = [("Action", "Unsubscribe"), ("Version", "2010-03-31"), ("SubscriptionArn", &ours)];
    as_account(&http, &Call::form("sns", &end)).await;
    as_account(&http, &Call::json("sqs", "AmazonSQS.PurgeQueue", &json!({ "QueueUrl": queue })))
        .await;
}

async fn as_account(http: &SignedHttp, call: &Call) -> HttpResponse {
    let response = http.call(call, &SignedHttp::account()).await;
    assert_eq!(response.status, 200, "{call:?}: {response:?}");
    response
}

async fn create_topic(http: &SignedHttp) -> String {
    let name = format!("other-{}", Uuid::new_v4());
    let create =
        Call::form("sns", &[("Action", "CreateTopic"), ("Version", "2010-03-31"), ("Name", &name)]);
    as_account(http, &create).await.element("TopicArn").to_owned()
}

/// Creates a queue that a topic may send to.
async fn create_queue_for(http: &SignedHttp, topic: &str) -> String {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": "*",
        "Condition": { "ArnEquals": { "aws:SourceArn": topic } }
    }] });
    let create = json!({ "QueueName": format!("open-{}", Uuid::new_v4()), "Attributes": { "Policy": policy.to_string() } });
    let created = as_account(http, &Call::json("sqs", "AmazonSQS.CreateQueue", &create)).await;
    created.json()["QueueUrl"].as_str().expect("a queue has an address").to_owned()
}

async fn arn(http: &SignedHttp, queue: &str) -> String {
    let attributes = json!({ "QueueUrl": queue, "AttributeNames": ["QueueArn"] });
    let response =
        as_account(http, &Call::json("sqs", "AmazonSQS.GetQueueAttributes", &attributes)).await;
    response.json()["Attributes"]["QueueArn"].as_str().expect("a queue has an ARN").to_owned()
}

/// Subscribes a queue, and returns the subscription's ARN.
async fn subscribe(http: &SignedHttp, topic: &str, queue_arn: &str) -> String {
    let what = [("Action", "Subscribe"), ("Version", "2010-03-31"), ("TopicArn", topic)];
    let queue = [("Protocol", "sqs"), ("Endpoint", queue_arn)];
    let response = as_account(http, &Call::form("sns", &[&what[..], &queue].concat())).await;
    response.element("SubscriptionArn").to_owned()
}

async fn publish(http: &SignedHttp, topic: &str, message: &str) {
    let what = [
        ("Action", "Publish"),
        ("Version", "2010-03-31"),
        ("TopicArn", topic),
        ("Message", message),
    ];
    as_account(http, &Call::form("sns", &what)).await;
}

/// Waits until a queue has this message, and returns the bodies of all its messages.
async fn received(http: &SignedHttp, queue: &str, message: &str) -> Vec<String> {
    let receive = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0 });
    let receive = Call::json("sqs", "AmazonSQS.ReceiveMessage", &receive);
    eventually(&format!("{queue} has {message}"), SOON, async || {
        let response = as_account(http, &receive).await.json();
        let messages = response["Messages"].as_array().cloned().unwrap_or_default();
        let bodies: Vec<_> = messages.iter().map(|message| message["Body"].to_string()).collect();
        bodies.iter().any(|body| body.contains(message)).then_some(bodies)
    })
    .await
}
