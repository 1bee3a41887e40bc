//! No personal data in logs, at any level: the tests send a marker wherever customers can write,
//! through every path of every function, and search all output for it.

use devstack::Fault;
use e2e::{Deployment, Function, OrderEvent, batch, fault_proxy, fixture, post_event};
use lambda_sandbox::Outcome;
use serde_json::{Value, json};
use uuid::Uuid;

/// Every format, at the most verbose level.
const FORMATS: [[(&str, &str); 2]; 2] = [
    [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")],
    [("AWS_LAMBDA_LOG_FORMAT", "Text"), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")],
];
const OFTEN: u32 = 100;

/// A unique name, without characters that an encoding would change.
fn marker() -> String {
    format!("Ada{}Lovelace", Uuid::new_v4().simple())
}

async fn start(
    shop: &Deployment,
    function: &str,
    variables: &[(&str, &str)],
    format: &[(&str, &str)],
) -> Function {
    let measured = [("METRICS_NAMESPACE", "OrderFanout/test")];
    shop.start(function, &[variables, format, &measured].concat()).await
}

/// Sends these events to a function, and asserts that its errors and output lack the marker.
async fn nothing_of(
    marker: &str,
    mut function: Function,
    events: impl IntoIterator<Item = String>,
) {
    for event in events {
        assert!(event.contains(marker), "it would prove nothing: {event}");
        if let Outcome::Error(error) = function.outcome_of(&event).await {
            let error = String::from_utf8_lossy(&error).into_owned();
            assert!(!error.contains(marker), "the runtime posts and logs it: {error}");
        }
    }
    let log = function.end().await;
    assert!(!log.is_empty(), "it says something");
    let leaks: Vec<_> = log.iter().filter(|line| line.contains(marker)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// Events of the wrong shape.
fn not_events(marker: &str) -> Vec<String> {
    vec![
        json!(marker).to_string(),
        json!({ marker: marker }).to_string(),
        json!([{ "customer": marker }]).to_string(),
        format!("{{\"Records\": [{{\"body\": {{\"{marker}\": 1e999}}}}]}}"),
        format!("{{\"customer\": \"{marker}"),
        marker.to_owned(),
    ]
}

/// Requests with the marker wherever a customer or a client can write.
fn requests(marker: &str) -> Vec<String> {
    let post = |content_type: &str, body: String| {
        let mut event = post_event(content_type, &body);
        for header in ["user-agent", "x-customer", "traceparent"] {
            event["headers"][header] = json!(marker);
        }
        event["headers"]["accept"] = json!(format!("text/{marker}"));
        event["cookies"] = json!([format!("customer={marker}")]);
        event["rawQueryString"] = json!(format!("customer={marker}&coupon={marker}"));
        event
    };
    let with_key = |mut event: Value, key: &str| {
        event["headers"]["idempotency-key"] = json!(key);
        event
    };
    let at = |method: &str, path: String| {
        let mut event = post("application/json", String::new());
        event["requestContext"]["http"]["method"] = json!(method);
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["path"] = json!(path);
        event
    };
    let good = |amount: &str| json!({ "customer": marker, "amount": amount }).to_string();
    let (json, form, key) =
        ("application/json", "application/x-www-form-urlencoded", format!("{marker}-key"));
    let mut base64 = post(json, "not base64".to_owned());
    base64["isBase64Encoded"] = json!(true);
    let events = [
        post(json, good("81.50")),
        post(form, format!("customer={marker}&amount=12.00")),
        with_key(post(json, good("81.50")), &key),
        with_key(post(json, good("81.50")), &key),
        with_key(post(json, good("90.00")), &key),
        with_key(post(form, format!("customer={marker}&amount=12.00")), &key),
        with_key(post(json, good("81.50")), &format!("{marker}\t")),
        with_key(post(json, good("81.50")), &marker.repeat(10)),
        post(json, json!({ "customer": marker, "amount": marker }).to_string()),
        post(
            json,
            json!({ "customer": marker.repeat(3), "amount": 1, "coupon": marker }).to_string(),
        ),
        post(json, json!({ "customer": { marker: marker }, "amount": [marker] }).to_string()),
        post(json, format!("{{\"customer\": \"{marker}\u{0}\", \"amount\": 1}}")),
        post(json, format!("{{\"customer\": \"{marker}")),
        post(json, format!("{{\"customer\": \"{marker}\", \"customer\": \"{marker}\"}}")),
        post(json, marker.to_owned()),
        post(json, marker.repeat(1_000)),
        post(
            form,
            format!(
                "customer={marker}&amount={marker}&coupon={marker}&idempotency_key={marker}%00"
            ),
        ),
        post(form, format!("customer={marker}&customer={marker}")),
        post(form, format!("customer={marker}%FF&amount=1")),
        post(&format!("text/{marker}"), good("81.50")),
        post(marker, good("81.50")),
        at("GET", "/".to_owned()),
        at("GET", format!("/{marker}")),
        at("GET", format!("/orders/{marker}")),
        at("GET", format!("/orders/%FF{marker}")),
        at("GET", format!("/assets/{marker}/{marker}")),
        at("DELETE", format!("/orders/{marker}")),
        at(&marker[..8], format!("/{marker}")),
        base64,
    ];
    events.iter().map(Value::to_string).chain(not_events(marker)).collect()
}

/// Deliveries with the marker wherever a message has a field for text.
fn deliveries(marker: &str) -> Vec<String> {
    let body = |event: &OrderEvent| event.body().replace("Ada Lovelace", marker);
    let of = |record: Value| json!({ "Records": [record] });
    let good = OrderEvent::of("80.00");
    let mut events = vec![];
    for text in [
        body(&good),
        body(&good),
        body(&OrderEvent::of(marker)),
        body(&good).replace("USD", marker),
        body(&good).replace("order.placed", marker),
        body(&good).replace("\"version\":1", &format!("\"version\":\"{marker}\"")),
        body(&good)[..60].to_owned() + marker,
        json!([marker]).to_string(),
        marker.to_owned(),
    ] {
        events.push(of(json!({ "messageId": "m0", "body": text })));
    }
    // Except for the message id itself, which SQS generates.
    events.push(of(json!({ "messageId": [marker], "body": body(&good) })));
    let odd = [
        json!(marker),
        json!([marker]),
        json!({ marker: marker }),
        json!({ "stringValue": marker }),
    ];
    for odd in odd {
        events
            .push(of(json!({ "messageId": "m0", "body": body(&good), "messageAttributes": odd })));
        let attributes = json!({ "traceparent": odd, "amount": odd });
        events.push(of(
            json!({ "messageId": "m0", "body": body(&good), "messageAttributes": attributes }),
        ));
        events.push(of(json!({ "messageId": "m0", "body": odd, "attributes": odd })));
    }
    events
        .extend([json!({ "body": body(&good) }), json!({ marker: marker }), json!(marker)].map(of));
    events.iter().map(Value::to_string).chain(not_events(marker)).collect()
}

#[tokio::test]
async fn customer_data_is_never_logged() {
    let shop = Deployment::under_test().await;
    for format in FORMATS {
        let marker = marker();
        nothing_of(&marker, start(&shop, "orders", &[], &format).await, requests(&marker)).await;
    }
}

#[tokio::test]
async fn customer_data_is_never_logged_when_a_call_fails() {
    let shop = Deployment::under_test().await;
    let faults = [
        ("PutItem", Fault::Fail),
        ("PutItem", Fault::LoseAnswer),
        ("TransactWriteItems", Fault::Throttle),
        ("Publish", Fault::Refuse),
        ("Publish", Fault::Fail),
        ("UpdateItem", Fault::Throttle),
        ("UpdateItem", Fault::WithholdAnswer),
    ];
    for (operation, fault) in faults {
        let (marker, proxy) = (marker(), fault_proxy().await);
        let orders =
            start(&shop, "orders", &[("AWS_ENDPOINT_URL", proxy.url())], &FORMATS[0]).await;
        let injected = proxy.inject(operation, fault, OFTEN);
        let placing = requests(&marker).into_iter().take(4);
        nothing_of(&marker, orders, placing).await;
        assert!(injected.times() > 0, "{fault:?} at {operation} did not happen");
    }
    let marker = marker();
    let down =
        start(&shop, "orders", &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")], &FORMATS[0]).await;
    nothing_of(&marker, down, requests(&marker)).await;
}

/// A coupon's code is as good as money, so the test searches for every spelling of it.
#[tokio::test]
async fn coupon_code_is_never_logged() {
    let shop = Deployment::under_test().await;
    let faults = [
        None,
        Some(("Query", Fault::Fail)),
        Some(("TransactWriteItems", Fault::Throttle)),
        Some(("TransactWriteItems", Fault::Conflict)),
        Some(("TransactWriteItems", Fault::LoseAnswer)),
        Some(("GetItem", Fault::Refuse)),
        Some(("Publish", Fault::Fail)),
    ];
    for (format, fault) in
        FORMATS.into_iter().flat_map(|format| faults.map(|fault| (format, fault)))
    {
        let code = shop.earned_coupon().await;
        let grouped = format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..]).to_lowercase();
        let proxy = fault_proxy().await;
        let injected = fault.map(|(operation, fault)| proxy.inject(operation, fault, OFTEN));
        let mut orders =
            start(&shop, "orders", &[("AWS_ENDPOINT_URL", proxy.url())], &format).await;
        let order = |amount: &str, coupon: &str| {
            let order = json!({ "customer": "Ada", "amount": amount, "coupon": coupon });
            post_event("application/json", &order.to_string())
        };
        let mut with_key = order("81.50", &code);
        with_key["headers"]["idempotency-key"] = json!(Uuid::new_v4().to_string());
        let spent = order("81.50", &grouped);
        let mistyped = order("x", &format!("{grouped}9"));
        let form = format!("customer=Ada&amount=12.00&coupon={grouped}");
        let form = post_event("application/x-www-form-urlencoded", &form);
        for event in [&with_key, &with_key, &spent, &mistyped, &form] {
            orders.outcome(event).await;
        }
        assert_log_omits_code(&code, &orders.end().await);
        assert!(injected.is_none_or(|injected| injected.times() > 0), "{fault:?} did not happen");
    }

    let mut promotion = start(&shop, "promotion", &[], &FORMATS[0]).await;
    let event = OrderEvent::of("80.00");
    promotion.invoke(&batch(std::slice::from_ref(&event))).await;
    let coupon = shop.row("PromotionTable", "order_id", &event.order_id).await.expect("a coupon");
    assert_log_omits_code(&coupon["code"], &promotion.end().await);
}

fn assert_log_omits_code(code: &str, log: &[String]) {
    assert!(!log.is_empty(), "it says something");
    let has_code = |line: &&String| line.to_uppercase().replace(['-', ' '], "").contains(code);
    let leaks: Vec<_> = log.iter().filter(has_code).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[tokio::test]
async fn unreadable_row_is_never_logged() {
    let shop = Deployment::under_test().await;
    let (marker, id) = (marker(), Uuid::new_v4().to_string());
    let broken = [
        ("id", &*id),
        ("customer", &*format!("{marker}\u{0}")),
        ("amount", "1"),
        ("placed_at", "2020"),
    ];
    shop.put_row("OrdersTable", &broken).await;
    let mut orders = start(&shop, "orders", &[], &FORMATS[0]).await;
    let mut event = fixture("orders/get-order.json");
    event["rawPath"] = json!(format!("/orders/{id}"));
    assert_eq!(orders.invoke(&event).await["statusCode"], 503);
    nothing_of(&marker, orders, [json!(marker).to_string()]).await;
    shop.delete_row("OrdersTable", "id", &id).await;
}

#[tokio::test]
async fn message_body_is_never_logged() {
    let shop = Deployment::under_test().await;
    for subscriber in shop.subscribers() {
        let function = &*subscriber.function;
        for format in FORMATS {
            let marker = marker();
            nothing_of(&marker, start(&shop, function, &[], &format).await, deliveries(&marker))
                .await;
        }
        for fault in [Fault::Fail, Fault::Throttle, Fault::LoseAnswer, Fault::WithholdAnswer] {
            let (marker, proxy) = (marker(), fault_proxy().await);
            let subscriber =
                start(&shop, function, &[("AWS_ENDPOINT_URL", proxy.url())], &FORMATS[0]).await;
            let injected = proxy.inject("BatchExecuteStatement", fault, OFTEN);
            nothing_of(&marker, subscriber, deliveries(&marker).into_iter().take(1)).await;
            assert!(injected.times() > 0, "{fault:?} did not happen");
        }
    }
}

#[tokio::test]
async fn swept_orders_are_never_logged() {
    let shop = Deployment::under_test().await;
    let (marker, id) = (marker(), Uuid::new_v4().to_string());
    let nowhere = shop.missing_topic();
    let orders = start(&shop, "orders", &[("ORDERS_TOPIC_ARN", &nowhere)], &FORMATS[0]).await;
    nothing_of(&marker, orders, requests(&marker).into_iter().take(2)).await;
    let relay = start(&shop, "outbox-relay", &[("ORDERS_TOPIC_ARN", &nowhere)], &FORMATS[0]).await;
    nothing_of(&marker, relay, [json!({ "customer": marker }).to_string()]).await;
    // Pending since long ago, so that every relay run reads it.
    let placed_at = "2020-01-01T00:00:00Z";
    let customer = format!("{marker}\u{0}");
    let broken = [
        ("id", &*id),
        ("customer", &*customer),
        ("amount", "1"),
        ("placed_at", placed_at),
        ("outbox", "3"),
    ];
    for format in FORMATS {
        shop.put_row("OrdersTable", &broken).await;
        let relay = start(&shop, "outbox-relay", &[], &format).await;
        nothing_of(&marker, relay, not_events(&marker)).await;
        shop.delete_row("OrdersTable", "id", &id).await;
    }
}

#[tokio::test]
async fn panic_message_is_never_logged() {
    let marker = marker();
    for amount in ["13.00", "14.00"] {
        let delivery =
            batch(&[OrderEvent::of(amount)]).to_string().replace("Ada Lovelace", &marker);
        let mut subscriber = Function::start("panics", []).await;
        subscriber.outcome_of(&delivery).await;
        let log = subscriber.end().await;
        assert!(log.iter().any(|line| line.contains("panicked")), "the panic is logged: {log:?}");
        assert!(log.iter().all(|line| !line.contains(&marker)), "{log:#?}");
    }
}
