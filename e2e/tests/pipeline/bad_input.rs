//! Every bad input gets its documented answer, and leaves no row and no message.

use e2e::{Answer, Deployment};
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn pointers(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
}

/// Asserts that the answer is problem details with this status about these fields.
fn assert_problem(answer: &Answer, status: u16, fields: &[&str], what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!(answer.json()["status"], json!(status), "{what}");
    assert_eq!(pointers(answer), fields, "{what}");
    let details = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    assert!(details.iter().all(|error| error["detail"].as_str().is_some_and(|detail| !detail.is_empty())), "{what}");
}

#[tokio::test]
async fn bad_json_says_which_field_and_why() {
    let shop = Deployment::under_test().await;
    let amount = |value: Value| json!({ "customer": "Ada", "amount": value }).to_string();
    let customer = |value: Value| json!({ "customer": value, "amount": "80" }).to_string();
    let cases = [
        (String::new(), 400, vec![]),
        ("{".to_owned(), 400, vec![]),
        ("customer=Ada&amount=80".to_owned(), 400, vec![]),
        ("[]".to_owned(), 422, vec![""]),
        ("{}".to_owned(), 422, vec!["/customer", "/amount"]),
        (json!({ "customer": "", "amount": "abc" }).to_string(), 422, vec!["/customer", "/amount"]),
        (customer(Value::Null), 422, vec!["/customer"]),
        (customer(json!(5)), 422, vec!["/customer"]),
        (customer(json!("")), 422, vec!["/customer"]),
        (customer(json!("   ")), 422, vec!["/customer"]),
        (customer(json!("a\u{0}b")), 422, vec!["/customer"]),
        (customer(json!("a\nb")), 422, vec!["/customer"]),
        (customer(json!("x".repeat(101))), 422, vec!["/customer"]),
        (amount(json!("abc")), 422, vec!["/amount"]),
        (amount(json!("")), 422, vec!["/amount"]),
        (amount(json!("0")), 422, vec!["/amount"]),
        (amount(json!("-1")), 422, vec!["/amount"]),
        (amount(json!("79.999")), 422, vec!["/amount"]),
        (amount(json!("1e2")), 422, vec!["/amount"]),
        (amount(json!("1,000.00")), 422, vec!["/amount"]),
        (amount(json!("1000000000")), 422, vec!["/amount"]),
        (amount(json!(-80)), 422, vec!["/amount"]),
        (amount(json!(true)), 422, vec!["/amount"]),
        (amount(json!({ "usd": 80 })), 422, vec!["/amount"]),
        (r#"{"customer": "Ada", "amount": 0.001}"#.to_owned(), 422, vec!["/amount"]),
        (r#"{"customer": "Ada", "amount": 1e400}"#.to_owned(), 422, vec!["/amount"]),
        (r#"{"customer": "Ada", "amount": NaN}"#.to_owned(), 400, vec![]),
    ];
    for (body, status, fields) in cases {
        assert_problem(&shop.post_order(JSON, body.clone()).await, status, &fields, &body);
    }
}

#[tokio::test]
async fn another_media_type_is_415() {
    let shop = Deployment::under_test().await;
    let body = json!({ "customer": "Ada", "amount": "80" }).to_string();
    for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "nonsense"] {
        assert_problem(&shop.post_order(content_type, body.clone()).await, 415, &[], content_type);
    }
    for content_type in ["application/json; charset=utf-8", "APPLICATION/JSON"] {
        assert_eq!(shop.post_order(content_type, body.clone()).await.status, 201, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_over_16_kib_is_413_and_one_of_16_kib_is_read() {
    let shop = Deployment::under_test().await;
    let order = json!({ "customer": "Ada", "amount": "80" }).to_string();
    let padded = |length: usize| format!("{}{order}", " ".repeat(length - order.len()));
    assert_eq!(shop.post_order(JSON, padded(16 * 1024)).await.status, 201);
    assert_problem(&shop.post_order(JSON, padded(16 * 1024 + 1)).await, 413, &[], "one byte too many");
    assert_problem(&shop.post_order(JSON, padded(1024 * 1024)).await, 413, &[], "a mebibyte");
}

#[tokio::test]
async fn a_bad_form_is_shown_again_with_what_was_typed() {
    let shop = Deployment::under_test().await;
    let answer = shop.post_order(FORM, "customer=Ada+%22L%22&amount=abc").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (422, "text/html; charset=utf-8"));
    assert!(answer.body.contains(r#"name="customer" value="Ada &#34;L&#34;""#), "{}", answer.body);
    assert!(answer.body.contains(r#"name="amount" value="abc""#), "{}", answer.body);
    assert!(answer.body.contains(r#"id="amount-error">The amount must be a decimal number"#), "{}", answer.body);
    assert!(!answer.body.contains(r#"id="customer-error""#), "{}", answer.body);

    let answer = shop.post_order(FORM, "customer=+&amount=80").await;
    assert!(answer.body.contains(r#"id="customer-error">Your name must not be empty"#), "{}", answer.body);
}

#[tokio::test]
async fn a_rejected_order_leaves_no_row_and_no_message() {
    let shop = Deployment::under_test().await;
    let spy = shop.spy().await;
    let marker = Uuid::new_v4().to_string();
    let name = |suffix: &str| format!("{marker} {suffix}");
    let rejected = [
        (JSON, json!({ "customer": name("a"), "amount": "abc" }).to_string()),
        (JSON, json!({ "customer": name("b"), "amount": 0 }).to_string()),
        (JSON, json!({ "customer": name("c"), "amount": "80", "coupon": "ABCDEFGHJKLM" }).to_string()),
        (JSON, json!({ "customer": name(&"d".repeat(100)), "amount": "80" }).to_string()),
        (JSON, format!("{}x", json!({ "customer": name("e"), "amount": "80" }))),
        ("text/plain", json!({ "customer": name("f"), "amount": "80" }).to_string()),
        (JSON, format!("{}{}", " ".repeat(20_000), json!({ "customer": name("g"), "amount": "80" }))),
        (FORM, format!("customer={marker}+h&amount=79.999")),
        (FORM, format!("customer={marker}+i")),
    ];
    let answers =
        join_all(rejected.iter().map(|(content_type, body)| shop.post_order(content_type, body.clone()))).await;
    for (answer, (_, body)) in answers.iter().zip(&rejected) {
        assert!(answer.status.is_client_error(), "{body} was answered {}", answer.status);
    }

    // What came before this one would have been announced before it.
    let good = shop.place(&name("good"), "80").await;
    let heard = spy.hear_until(&good.id).await;
    let about_us: Vec<_> = heard.iter().filter(|message| message.contains(&marker)).collect();
    assert_eq!(about_us.len(), 1, "{about_us:?}");
    let rows = shop.rows("OrdersTable").await;
    let saved: Vec<_> = rows.iter().filter(|row| row["customer"].contains(&marker)).collect();
    assert_eq!(saved.len(), 1, "{saved:?}");
    spy.leave().await;
}
