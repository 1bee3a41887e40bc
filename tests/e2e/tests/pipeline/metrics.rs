//! The metrics that alarms and dashboard read: names, units and dimensions are a contract.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use devstack::Fault;
use e2e::{Deployment, OrderEvent, batch, eventually, fault_proxy, fixture, post_event};
use serde_json::{Value, json};

const NAMESPACE: &str = "OrderFanout/test";
const SOON: Duration = Duration::from_secs(30);
/// In seconds.
const A_YEAR: u64 = 365 * 24 * 60 * 60;

const ALWAYS: [&str; 1] = ["HandlerDuration Milliseconds [function]"];
const COLD: [&str; 1] = ["ColdStarts Count [function]"];
const ROUTE: [&str; 2] =
    ["TimeToAnswer Milliseconds [function]", "TimeToAnswer Milliseconds [function, route]"];
const ACCEPTED: [&str; 1] = ["OrdersAccepted Count [function]"];
const REJECTED: [&str; 2] =
    ["OrdersRejected Count [function]", "OrdersRejected Count [function, reason]"];
const RELAY: [&str; 5] = [
    "OutboxPublished Count [function]",
    "OutboxFound Count [function]",
    "OutboxOldestAge Seconds [function]",
    "SweepFailures Count [function]",
    "Sweeps Count [function]",
];
/// The metrics that all subscribers have. Counts are omitted if they are zero.
const COMMON_OF_SUBSCRIBERS: [&str; 6] = [
    "HandlerDuration",
    "ColdStarts",
    "RecordsDone",
    "RecordsAlreadyDone",
    "RecordsRetried",
    "RecordsPoison",
];
/// Metrics that only one subscriber has: function, name, unit. A new subscriber needs no line here.
const OWN_OF_SUBSCRIBERS: [(&str, &str, &str); 3] = [
    ("fulfilment", "OrderAgeWhenFulfilled", "Milliseconds"),
    ("promotion", "CouponsGiven", "Count"),
    ("invoicing", "InvoicesIssued", "Count"),
];

/// The metrics documents that a function writes for these events, one for each. Failures have
/// documents of their own, which are left out.
async fn measured(function: &str, events: &[Value], replaced: &[(&str, &str)]) -> Vec<Value> {
    let (_, documents): (Vec<_>, Vec<_>) = all_documents(function, events, replaced)
        .await
        .into_iter()
        .partition(|document| document["version"].is_string());
    assert_eq!(documents.len(), events.len(), "{function}: {documents:?}");
    documents
}

/// A function's failure count, under its own version.
async fn failures(function: &str, event: &Value, replaced: &[(&str, &str)]) -> Option<u64> {
    let documents = all_documents(function, std::slice::from_ref(event), replaced).await;
    let document = documents.iter().find(|document| document["version"].is_string())?;
    assert_eq!(defined(document), set(&[&["Failures Count [function, version]"]]));
    assert_eq!(document["version"], "$LATEST", "as Lambda calls what is no published version");
    document["Failures"].as_u64()
}

/// All metrics documents that a function writes for these events, validated against AWS's schema.
async fn all_documents(function: &str, events: &[Value], replaced: &[(&str, &str)]) -> Vec<Value> {
    let shop = Deployment::under_test().await;
    let variables: Vec<_> =
        [("METRICS_NAMESPACE", NAMESPACE)].into_iter().chain(replaced.iter().copied()).collect();
    let mut running = shop.start(function, &variables).await;
    for event in events {
        running.invoke(event).await;
    }
    let log = running.end().await;
    let lines = log
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    let documents: Vec<_> = lines.filter(|line| !line["_aws"].is_null()).collect();

    let schema = devstack::root().join("crates/telemetry/tests/emf.schema.json");
    let schema =
        serde_json::from_str(&fs::read_to_string(schema).expect("the schema")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    for document in &documents {
        schema.validate(document).unwrap_or_else(|error| panic!("{error}: {document}"));
        assert_eq!(document["function"], function);
    }
    documents
}

/// The metrics that a document defines: name, unit, dimensions. Asserts that their values are
/// present.
fn defined(document: &Value) -> BTreeSet<String> {
    let mut defined = BTreeSet::new();
    for directive in document["_aws"]["CloudWatchMetrics"].as_array().expect("directives") {
        assert_eq!(directive["Namespace"], NAMESPACE);
        for dimensions in directive["Dimensions"].as_array().expect("dimension sets") {
            let dimensions: Vec<_> =
                dimensions.as_array().expect("a set").iter().filter_map(Value::as_str).collect();
            for dimension in &dimensions {
                assert!(document[dimension].is_string(), "{dimension} is not in {document}");
            }
            for metric in directive["Metrics"].as_array().expect("metrics") {
                let (name, unit) = (
                    metric["Name"].as_str().expect("a name"),
                    metric["Unit"].as_str().expect("a unit"),
                );
                let value = &document[name];
                assert!(
                    value.is_number() || value["Values"].is_array(),
                    "{name} is not in {document}"
                );
                defined.insert(format!("{name} {unit} [{}]", dimensions.join(", ")));
            }
        }
    }
    defined
}

fn set(parts: &[&[&str]]) -> BTreeSet<String> {
    parts.concat().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn accepted_order_and_cold_start_are_counted_once() {
    let event = fixture("orders/place-by-json.json");
    let documents = measured("orders", &[event.clone(), event], &[]).await;
    assert_eq!(defined(&documents[0]), set(&[&ALWAYS, &ROUTE, &ACCEPTED, &COLD]));
    assert_eq!(
        (&documents[0]["ColdStarts"], &documents[0]["OrdersAccepted"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        defined(&documents[1]),
        set(&[&ALWAYS, &ROUTE, &ACCEPTED]),
        "what did not happen is not counted"
    );
    assert!(documents.iter().all(|document| document["route"] == "create_order"));
}

#[tokio::test]
async fn rejections_are_counted_by_reason() {
    let mut again = post_event("application/json", r#"{"customer": "Ada", "amount": 12}"#);
    again["headers"]["idempotency-key"] = json!(uuid::Uuid::new_v4().to_string());
    let mut reused = post_event("application/json", r#"{"customer": "Ada", "amount": 13}"#);
    reused["headers"]["idempotency-key"] = again["headers"]["idempotency-key"].clone();
    let events = [
        post_event("application/json", "{"),
        post_event("text/plain", "hello"),
        post_event("application/json", &"x".repeat(17 * 1024)),
        post_event("application/x-www-form-urlencoded", "customer=Ada&amount=abc"),
        post_event(
            "application/json",
            r#"{"customer": "Ada", "amount": 12, "coupon": "nonsense"}"#,
        ),
        post_event(
            "application/x-www-form-urlencoded",
            "customer=Ada&amount=12&coupon=ABCDEFGHJKLM",
        ),
        post_event(
            "application/json",
            r#"{"customer": "Ada", "amount": "abc", "coupon": "nonsense"}"#,
        ),
        again,
        reused,
    ];
    let documents = measured("orders", &events, &[]).await;
    let reasons: Vec<_> = documents.iter().map(|document| document["reason"].as_str()).collect();
    let expected =
        ["not_json", "media_type", "too_large", "invalid", "coupon", "coupon", "invalid"].map(Some);
    assert_eq!(reasons, [&expected[..], &[None, Some("key_reused")]].concat());
    for document in documents[1..].iter().filter(|document| document["reason"].is_string()) {
        assert_eq!(defined(document), set(&[&ALWAYS, &ROUTE, &REJECTED]));
        assert_eq!(document["OrdersRejected"], 1, "{document}");
    }
}

#[tokio::test]
async fn every_route_has_its_duration() {
    let at = |path: &str| {
        let mut event = fixture("orders/get-order.json");
        event["rawPath"] = json!(path);
        event
    };
    let paths = [
        "/",
        "/orders/00000000-0000-4000-8000-000000000000",
        "/assets/0123456789abcdef/style.css",
        "/nowhere",
        "/orders",
    ];
    let documents = measured("orders", &paths.map(at), &[]).await;
    let routes: Vec<_> =
        documents.iter().map(|document| document["route"].as_str().expect("a route")).collect();
    assert_eq!(routes, ["form", "get_order", "asset", "other", "other"]);
}

#[tokio::test]
async fn failures_are_counted() {
    let event = fixture("orders/place-by-json.json");
    let nowhere = "arn:aws:sns:us-east-1:000000000000:that-is-not-there";
    let document =
        measured("orders", std::slice::from_ref(&event), &[("ORDERS_TOPIC_ARN", nowhere)])
            .await
            .remove(0);
    assert_eq!(
        (&document["PublishFailures"], &document["OrdersAccepted"]),
        (&json!(1), &json!(1)),
        "{document}"
    );

    let down = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
    let document = measured("orders", &[event], &down).await.remove(0);
    assert_eq!(
        (&document["OrdersUnavailable"], &document["OrdersAccepted"]),
        (&json!(1), &Value::Null),
        "{document}"
    );

    let document = measured("outbox-relay", &[json!({})], &down).await.remove(0);
    assert!(document["SweepFailures"].as_u64() > Some(0), "{document}");

    let document =
        measured("fulfilment", &[batch(&[OrderEvent::of("80.00")])], &down).await.remove(0);
    assert_eq!(
        (&document["RecordsRetried"], &document["RecordsDone"]),
        (&json!(1), &Value::Null),
        "{document}"
    );
}

#[tokio::test]
async fn work_after_the_answer_is_measured_apart() {
    let proxy = fault_proxy().await;
    let slow = Duration::from_millis(200);
    proxy.inject("Publish", Fault::Delay(slow), 1);
    proxy.inject("UpdateItem", Fault::Refuse, 1);
    let event = fixture("orders/place-by-json.json");
    let document =
        measured("orders", &[event], &[("AWS_ENDPOINT_URL", proxy.url())]).await.remove(0);
    let milliseconds = |name: &str| document[name].as_f64().expect("a duration");
    let apart = milliseconds("HandlerDuration") - milliseconds("TimeToAnswer");
    assert!(apart >= slow.as_secs_f64() * 1e3, "{document}");
    assert_eq!(
        (&document["PendingFlagsNotCleared"], &document["PublishFailures"]),
        (&json!(1), &Value::Null),
        "{document}"
    );
}

/// Deployments depend on these: they count all work that a new version fails, and no customer
/// errors.
#[tokio::test]
async fn failures_are_attributed_to_the_version() {
    let order = fixture("orders/place-by-json.json");
    let down = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
    let nowhere = [("ORDERS_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:that-is-not-there")];
    assert_eq!(failures("orders", &order, &[]).await, None);
    assert_eq!(
        failures("orders", &post_event("application/json", "{"), &[]).await,
        None,
        "the customer's"
    );
    assert_eq!(failures("orders", &order, &down).await, Some(1), "503");
    assert_eq!(failures("orders", &order, &nowhere).await, Some(1), "left to the relay");
    let proxy = fault_proxy().await;
    proxy.inject("UpdateItem", Fault::Refuse, 1);
    let still_pending = failures("orders", &order, &[("AWS_ENDPOINT_URL", proxy.url())]).await;
    assert_eq!(still_pending, Some(1), "published, and left to the relay");

    assert_eq!(failures("outbox-relay", &json!({}), &[]).await, None);
    assert_eq!(failures("outbox-relay", &json!({}), &down).await, Some(1));

    for subscriber in Deployment::under_test().await.subscribers() {
        let subscriber = &*subscriber.function;
        let mut delivery = batch(&[OrderEvent::of("80.00"), OrderEvent::of("90.00")]);
        assert_eq!(failures(subscriber, &delivery, &[]).await, None, "{subscriber}");
        assert_eq!(
            failures(subscriber, &delivery, &down).await,
            Some(2),
            "{subscriber}: handed back"
        );
        delivery["Records"][1]["body"] = json!("{");
        assert_eq!(failures(subscriber, &delivery, &[]).await, Some(1), "{subscriber}: poison");
    }
}

/// Two orders, one of them twice, and a poison message; then both orders again.
fn new_and_repeated_orders() -> [Value; 2] {
    let events = [OrderEvent::of("80.00"), OrderEvent::of("90.00")];
    let mut delivery =
        batch(&[events[0].clone(), events[1].clone(), events[1].clone(), events[0].clone()]);
    delivery["Records"][3]["body"] = json!("{");
    [delivery, batch(&events)]
}

/// The metrics that a subscriber's document defines: those that all subscribers have, and its own.
fn common_and_own(document: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let is_common = |metric: &String| {
        metric.split(' ').next().is_some_and(|name| COMMON_OF_SUBSCRIBERS.contains(&name))
    };
    defined(document).into_iter().partition(is_common)
}

#[tokio::test]
async fn subscribers_count_records_by_outcome() {
    for subscriber in Deployment::under_test().await.subscribers() {
        let function = &*subscriber.function;
        let documents = measured(function, &new_and_repeated_orders(), &[]).await;
        let counts = |document: &Value| {
            ["RecordsDone", "RecordsAlreadyDone", "RecordsRetried", "RecordsPoison"]
                .map(|name| document[name].as_u64().unwrap_or_default())
        };
        assert_eq!(counts(&documents[0]), [3, 0, 0, 1], "{function}");
        assert_eq!(counts(&documents[1]), [0, 2, 0, 0], "{function}");
        let (common, _) = common_and_own(&documents[0]);
        let first = ["RecordsDone Count [function]", "RecordsPoison Count [function]"];
        assert_eq!(common, set(&[&ALWAYS, &COLD, &first]), "{function}");
        let (common, _) = common_and_own(&documents[1]);
        let repeated = ["RecordsAlreadyDone Count [function]"];
        assert_eq!(common, set(&[&ALWAYS, &repeated]), "{function}");
    }
}

#[tokio::test]
async fn subscribers_own_metrics_count_each_order_once() {
    for (function, name, unit) in OWN_OF_SUBSCRIBERS {
        let documents = measured(function, &new_and_repeated_orders(), &[]).await;
        let (_, own) = common_and_own(&documents[0]);
        assert_eq!(own, set(&[&[&format!("{name} {unit} [function]")]]));
        assert_eq!(observations(&documents[0][name]), 2, "{function}: {}", documents[0]);
        let (_, own) = common_and_own(&documents[1]);
        assert_eq!(own, BTreeSet::new(), "{function}: a repeated order");
    }
}

/// A count, or the number of values in a distribution.
fn observations(value: &Value) -> u64 {
    match value["Counts"].as_array() {
        Some(counts) => counts.iter().filter_map(Value::as_u64).sum(),
        None => value.as_u64().expect("a count"),
    }
}

#[tokio::test]
async fn sweep_reports_pending_count_and_oldest_age() {
    let shop = Deployment::under_test().await;
    let document = measured("outbox-relay", &[json!({})], &[]).await.remove(0);
    assert_eq!(defined(&document), set(&[&ALWAYS, &COLD, &RELAY]));
    assert_eq!(document["Sweeps"], 1);
    let ids = shop.place_unpublished(1).await;
    let old = [
        ("id", &*ids[0]),
        ("customer", "Ada"),
        ("amount", "81.5"),
        ("placed_at", "2020-01-01T00:00:00Z"),
    ];
    // The stack's own relay may publish it first.
    let document = eventually("a sweep finds the old order", SOON, async || {
        shop.put_row("OrdersTable", &[&old[..], &[("outbox", "3")]].concat()).await;
        let document = measured("outbox-relay", &[json!({})], &[]).await.remove(0);
        (document["OutboxOldestAge"].as_u64() > Some(A_YEAR)).then_some(document)
    })
    .await;
    assert!(document["OutboxFound"].as_u64() >= Some(1), "{document}");
    shop.fulfilled(&ids[0]).await;
}

#[tokio::test]
async fn failed_sweep_omits_the_oldest_age() {
    let document =
        measured("outbox-relay", &[json!({})], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")])
            .await
            .remove(0);
    assert_eq!(
        (&document["OutboxOldestAge"], &document["SweepFailures"]),
        (&Value::Null, &json!(1)),
        "{document}"
    );
}

#[tokio::test]
async fn metrics_are_off_without_a_namespace() {
    let shop = Deployment::under_test().await;
    let mut orders = shop.start("orders", &[]).await;
    orders.invoke(&fixture("orders/get-form.json")).await;
    let log = orders.end().await;
    assert!(!log.is_empty() && log.iter().all(|line| !line.contains("_aws")), "{log:?}");
}
