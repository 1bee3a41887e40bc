//! A repeated request is processed once.

use std::time::Duration;

use e2e::{Deployment, eventually};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

const FORM: &str = "application/x-www-form-urlencoded";

fn order_of(customer: &str) -> String {
    json!({ "customer": customer, "amount": "81.50" }).to_string()
}

/// A unique name.
fn customer() -> String {
    format!("Ada {}", Uuid::new_v4())
}

#[tokio::test]
async fn replay_returns_the_first_answer_and_makes_no_order() {
    let shop = Deployment::under_test().await;
    let (customer, key) = (customer(), Uuid::new_v4().to_string());
    let first = shop.post_with_key(&key, &order_of(&customer)).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    // The replay returns the first response, even after the order has progressed.
    shop.fulfilled(&id).await;
    let again = shop.post_with_key(&key, &order_of(&customer)).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(shop.orders_of(&customer).await.len(), 1);
}

#[tokio::test]
async fn different_body_with_the_same_key_is_422() {
    let shop = Deployment::under_test().await;
    let (one, other, key) = (customer(), customer(), Uuid::new_v4().to_string());
    assert_eq!(shop.post_with_key(&key, &order_of(&one)).await.status, 201);
    let refused = shop.post_with_key(&key, &order_of(&other)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.json()["type"], "/problems/idempotency-key-reused");
    assert_eq!(shop.orders_of(&other).await.len(), 0);
}

#[tokio::test]
async fn ten_concurrent_replays_make_one_order() {
    let shop = Deployment::under_test().await;
    let (customer, key) = (customer(), Uuid::new_v4().to_string());
    let body = order_of(&customer);
    let answers = join_all((0..10).map(|_| shop.post_with_key(&key, &body))).await;
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &answers[0].body));
    }
    assert_eq!(shop.orders_of(&customer).await.len(), 1);
}

#[tokio::test]
async fn rejected_request_does_not_consume_its_key() {
    let shop = Deployment::under_test().await;
    let (customer, key) = (customer(), Uuid::new_v4().to_string());
    assert_eq!(
        shop.post_with_key(&key, r#"{"customer": "Ada", "amount": "abc"}"#).await.status,
        422
    );
    assert_eq!(shop.post_with_key(&key, &order_of(&customer)).await.status, 201);
}

#[tokio::test]
async fn expired_key_is_free_even_if_its_row_remains() {
    let shop = Deployment::under_test().await;
    let (one, other, key) = (customer(), customer(), Uuid::new_v4().to_string());
    assert_eq!(shop.post_with_key(&key, &order_of(&one)).await.status, 201);
    shop.expire_key(&key).await;
    let second = shop.post_with_key(&key, &order_of(&other)).await;
    assert_eq!((second.status.as_u16(), &second.json()["customer"]), (201, &json!(other)));
}

#[tokio::test]
async fn invalid_key_is_400() {
    let shop = Deployment::under_test().await;
    for key in ["", "a\tb", &"x".repeat(256)] {
        let refused = shop.post_with_key(key, &order_of("Ada")).await;
        assert_eq!(refused.status, 400, "{key:?}: {}", refused.body);
        assert_eq!(refused.json()["type"], "/problems/invalid-idempotency-key");
    }
    assert_eq!(
        shop.post_with_key(&format!("{:x<255}", Uuid::new_v4()), &order_of("Ada")).await.status,
        201
    );
}

#[tokio::test]
async fn guessed_key_does_not_reveal_its_order() {
    let shop = Deployment::under_test().await;
    let key = format!("cart-{}", customer());
    let first = shop.post_with_key(&key, &order_of("Ada Lovelace")).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let guessed = format!("customer=Eve&amount=1&idempotency_key={}", key.replace(' ', "+"));
    let response = shop.post_order(FORM, guessed).await;
    assert_eq!(response.status, 422);
    assert!(
        response.body.contains("Another order was accepted with this idempotency key."),
        "{}",
        response.body
    );
    assert!(!response.body.contains(first.header("location")), "{}", response.body);
}

fn hidden_key(page: &str) -> &str {
    let (_, rest) =
        page.split_once("name=\"idempotency_key\" value=\"").expect("the form has a hidden key");
    rest.split_once('"').expect("the value ends").0
}

#[tokio::test]
async fn double_click_makes_one_order_and_an_edit_asks_first() {
    let shop = Deployment::under_test().await;
    let customer = customer();
    let form = shop.get("/", "text/html").await.body;
    assert_ne!(
        hidden_key(&form),
        hidden_key(&shop.get("/", "text/html").await.body),
        "a form has a key of its own"
    );

    let body = |key: &str, amount: &str| {
        format!("customer={}&amount={amount}&idempotency_key={key}", customer.replace(' ', "+"))
    };
    let clicked = body(hidden_key(&form), "12.00");
    let (first, second) =
        tokio::join!(shop.post_order(FORM, clicked.clone()), shop.post_order(FORM, clicked));
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (303, 303));
    assert_eq!(first.header("location"), second.header("location"));

    let edited = shop.post_order(FORM, body(hidden_key(&form), "13.00")).await;
    assert_eq!(edited.status, 422);
    assert!(
        edited.body.contains(&format!("href=\"{}\"", first.header("location"))),
        "{}",
        edited.body
    );
    assert!(edited.body.contains("value=\"13.00\""), "{}", edited.body);
    assert_ne!(hidden_key(&edited.body), hidden_key(&form), "the edited form has a fresh key");
    assert_eq!(shop.orders_of(&customer).await.len(), 1);

    let meant = shop.post_order(FORM, body(hidden_key(&edited.body), "13.00")).await;
    assert_eq!(meant.status, 303);
    let both = async || (shop.orders_of(&customer).await.len() == 2).then_some(());
    eventually("the edited order is made as well", Duration::from_secs(5), both).await;
}
