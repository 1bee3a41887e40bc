//! Every invalid input gets the answer that docs/reference/errors.md documents, and leaves no row
//! and no message.

use std::fs;

use e2e::{Answer, Deployment, Row, fixture};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A row of a table in docs/reference/errors.md: the input, the status, and the rest of the row.
struct Documented {
    sent: String,
    status: u16,
    quoted: Vec<String>,
}

/// The rows of the table below a heading.
fn documented(heading: &str) -> Vec<Documented> {
    let page = fs::read_to_string(devstack::root().join("docs/reference/errors.md"))
        .expect("the page is there");
    let (_, rest) =
        page.split_once(&format!("\n## {heading}\n")).expect("the page has the heading");
    let section = rest.split("\n## ").next().unwrap_or_default();
    let rows: Vec<_> = section.lines().filter_map(row).collect();
    assert!(rows.len() > 10, "a table has its rows");
    rows
}

fn row(line: &str) -> Option<Documented> {
    let (sent, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    let answer = rest.split(" |").next()?;
    let (status, quoted) = answer.split_at(3);
    let quoted = quoted.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some(Documented { sent: repeated(sent), status: status.parse().expect("a status"), quoted })
}

/// Expands `(3 times x)`.
fn repeated(text: &str) -> String {
    let found = text.split_once('(').and_then(|(before, rest)| {
        let (count, rest) = rest.split_once(" times ")?;
        let (what, after) = rest.split_once(')')?;
        Some(format!("{before}{}{after}", what.repeat(count.parse().ok()?)))
    });
    found.unwrap_or_else(|| text.to_owned())
}

fn pointers(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
}

/// Asserts that the response is problem details with this status about these fields.
fn assert_problem(answer: &Answer, status: u16, fields: &[String], what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!(answer.json()["status"], json!(status), "{what}");
    assert_eq!(pointers(answer), fields, "{what}");
    let details = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    assert!(
        details
            .iter()
            .all(|error| error["detail"].as_str().is_some_and(|detail| !detail.is_empty())),
        "{what}"
    );
}

#[tokio::test]
async fn json_bodies_get_the_documented_response() {
    let shop = Deployment::under_test().await;
    for Documented { sent, status, quoted } in documented("JSON bodies") {
        let answer = shop.post_order(JSON, sent.clone()).await;
        if status != 201 {
            assert_problem(&answer, status, &quoted, &sent);
            continue;
        }
        assert_eq!(answer.status, 201, "{sent}: {}", answer.body);
        let (order, asked) = (answer.json(), serde_json::from_str::<Value>(&sent).expect("JSON"));
        let id = order["id"].as_str().expect("an id");
        let kept = shop.order(id).await;
        assert_eq!(kept["customer"].as_str(), asked["customer"].as_str().map(str::trim), "{sent}");
        for amount in quoted {
            assert_eq!([&order["amount"], &kept["amount"]], [&amount, &amount], "{sent}");
        }
    }
}

#[tokio::test]
async fn forms_get_the_documented_response() {
    let shop = Deployment::under_test().await;
    for Documented { sent, status, quoted } in documented("Forms") {
        let answer = shop.post_order(FORM, sent.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{sent}: {}", answer.body);
        for field in ["customer", "amount", "coupon"] {
            let shown = answer.body.contains(&format!("id=\"{field}-error\""));
            assert_eq!(
                shown,
                quoted.contains(&format!("/{field}")),
                "{sent}: {field} in {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn headers_get_the_documented_response() {
    let shop = Deployment::under_test().await;
    let order = json!({ "customer": "Ada", "amount": "80" }).to_string();
    for Documented { sent, status, .. } in documented("Headers") {
        let (name, value) = sent.split_once(": ").expect("a header");
        let mut headers = vec![(name, value)];
        if name != "content-type" {
            headers.push(("content-type", JSON));
        }
        let answer = shop.request(Method::POST, "/orders", &headers, order.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{sent}: {}", answer.body);
        assert!(answer.header("content-type").contains("json"), "{sent}");
    }
}

/// API Gateway passes bodies that it considers binary in base64: forms, and JSON that is not UTF-8.
#[tokio::test]
async fn base64_body_is_decoded() {
    let shop = Deployment::under_test().await;
    let mut orders = shop.start("orders", &[]).await;
    for (body, status) in [
        ("eyJjdXN0b21lciI6ICJBZGEiLCAiYW1vdW50IjogIjgwIn0=", 201),
        ("eyJjdXN0b21lciI6ICL/IiwgImFtb3VudCI6ICI4MCJ9", 400),
        ("/////w==", 400),
        ("", 400),
    ] {
        let mut event = fixture("orders/place-by-json.json");
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(true);
        assert_eq!(orders.invoke(&event).await["statusCode"], status, "{body}");
    }
}

/// API Gateway passes on headers that clients choose, such as those of proxies, and the query
/// unchanged.
#[tokio::test]
async fn invalid_scheme_host_or_query_is_tolerated() {
    let shop = Deployment::under_test().await;
    let mut orders = shop.start("orders", &[]).await;
    for (header, value) in [
        ("x-forwarded-proto", "https,http"),
        ("x-forwarded-proto", ""),
        ("host", "shop.example:99999"),
    ] {
        let mut event = fixture("orders/place-by-json.json");
        event["headers"][header] = json!(value);
        assert_eq!(orders.invoke(&event).await["statusCode"], 201, "{header}: {value}");
    }
    for query in ["utm=a b", "<script>", "\""] {
        let mut event = fixture("orders/place-by-json.json");
        event["rawQueryString"] = json!(query);
        assert_eq!(orders.invoke(&event).await["statusCode"], 201, "{query}");
    }
}

#[tokio::test]
async fn body_over_16_kib_is_413() {
    let shop = Deployment::under_test().await;
    let order = json!({ "customer": "Ada", "amount": "80" }).to_string();
    let padded = |length: usize| format!("{}{order}", " ".repeat(length - order.len()));
    assert_eq!(shop.post_order(JSON, padded(16 * 1024)).await.status, 201);
    assert_problem(
        &shop.post_order(JSON, padded(16 * 1024 + 1)).await,
        413,
        &[],
        "one byte too many",
    );
    assert_problem(&shop.post_order(JSON, padded(1024 * 1024)).await, 413, &[], "a mebibyte");
}

#[tokio::test]
async fn invalid_form_is_shown_again_with_its_input() {
    let shop = Deployment::under_test().await;
    let answer = shop.post_order(FORM, "customer=Ada+%22L%22&amount=abc").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (422, "text/html; charset=utf-8")
    );
    assert!(answer.body.contains(r#"name="customer" value="Ada &#34;L&#34;""#), "{}", answer.body);
    assert!(answer.body.contains(r#"name="amount" value="abc""#), "{}", answer.body);
    assert!(
        answer.body.contains(r#"id="amount-error">The amount must be a decimal number"#),
        "{}",
        answer.body
    );
    assert!(!answer.body.contains(r#"id="customer-error""#), "{}", answer.body);

    let answer = shop.post_order(FORM, "customer=+&amount=80").await;
    assert!(
        answer.body.contains(r#"id="customer-error">Your name must not be empty"#),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn rejected_order_leaves_no_row_and_no_message() {
    let shop = Deployment::under_test().await;
    let probe = shop.probe_topic().await;
    let marker = Uuid::new_v4().to_string();
    let name = |suffix: &str| format!("{marker} {suffix}");
    let rejected = [
        (JSON, json!({ "customer": name("a"), "amount": "abc" }).to_string()),
        (JSON, json!({ "customer": name("b"), "amount": 0 }).to_string()),
        (
            JSON,
            json!({ "customer": name("c"), "amount": "80", "coupon": "ABCDEFGHJKLM" }).to_string(),
        ),
        (JSON, json!({ "customer": name(&"d".repeat(100)), "amount": "80" }).to_string()),
        (JSON, format!("{}x", json!({ "customer": name("e"), "amount": "80" }))),
        ("text/plain", json!({ "customer": name("f"), "amount": "80" }).to_string()),
        (
            JSON,
            format!("{}{}", " ".repeat(20_000), json!({ "customer": name("g"), "amount": "80" })),
        ),
        (FORM, format!("customer={marker}+h&amount=79.999")),
        (FORM, format!("customer={marker}+i")),
    ];
    let answers = join_all(
        rejected.iter().map(|(content_type, body)| shop.post_order(content_type, body.clone())),
    )
    .await;
    for (answer, (_, body)) in answers.iter().zip(&rejected) {
        assert!(answer.status.is_client_error(), "{body} was answered {}", answer.status);
    }

    // Invalid orders before this one would have been published before it.
    let good = shop.place(&name("good"), "80").await;
    let received = probe.read_until(&good.id).await;
    let about_us: Vec<_> = received.iter().filter(|message| message.contains(&marker)).collect();
    assert_eq!(about_us.len(), 1, "{about_us:?}");
    let rows = shop.rows("OrdersTable").await;
    // Another test may have a row without a customer.
    let is_about_us = |row: &&Row| row.get("customer").is_some_and(|name| name.contains(&marker));
    let saved: Vec<_> = rows.iter().filter(is_about_us).collect();
    assert_eq!(saved.len(), 1, "{saved:?}");
    probe.unsubscribe().await;
}
