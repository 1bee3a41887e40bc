use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::middleware::from_fn;
use axum::{Json, Router};
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use serde_json::{Value, json};

use super::*;

/// Returns the `Accept` header and the idempotency key that reach the router, or the problem if the
/// request was rejected.
async fn handed(key: Option<&str>, claims: Value) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../../../../events/orders/place-by-json.json")).unwrap();
    event["headers"]["accept"] = json!("text/html");
    event["headers"].as_object_mut().unwrap().remove("idempotency-key");
    if let Some(key) = key {
        event["headers"]["idempotency-key"] = json!(key);
    }
    event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
    let request: lambda_http::Request =
        serde_json::from_value::<LambdaRequest>(event).unwrap().into();
    let show = async |headers: HeaderMap| {
        let of = |name: &str| {
            headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Json(json!({ "accept": of("accept"), "key": of("idempotency-key") }))
    };
    let router = Router::new().fallback(show).layer(from_fn(scope_to_caller));
    let response = router.oneshot(request.map(|_| Body::empty())).await.unwrap();
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

async fn key_of(subject: &str, key: &str) -> Value {
    let key = handed(Some(key), json!({ "sub": subject })).await["key"].take();
    assert_eq!(key.as_str().map(str::len), Some(64), "a digest contains no name: {key}");
    key
}

#[tokio::test]
async fn equal_keys_of_two_callers_are_distinct() {
    assert_eq!(
        key_of("ada", "cart-42").await,
        key_of("ada", "cart-42").await,
        "its own repetition does"
    );
    assert_ne!(key_of("ada", "cart-42").await, key_of("eve", "cart-42").await);
    assert_ne!(key_of("ada", "cart-42").await, key_of("ada", "cart-43").await);
    assert_ne!(key_of("ad", "a1").await, key_of("ada", "1").await, "where the subject ends counts");
}

#[tokio::test]
async fn every_caller_gets_json() {
    assert_eq!(
        handed(None, json!({ "sub": "ada" })).await,
        json!({ "accept": "application/json", "key": null })
    );
}

#[tokio::test]
async fn caller_without_subject_may_not_use_a_key() {
    for claims in [json!({}), json!({ "sub": "" })] {
        assert_eq!(
            handed(Some("cart-42"), claims.clone()).await["type"],
            "/problems/invalid-idempotency-key"
        );
        assert_eq!(handed(None, claims).await["accept"], "application/json");
    }
}

#[tokio::test]
async fn invalid_key_is_passed_through_unscoped() {
    let long = "x".repeat(256);
    assert_eq!(handed(Some(&long), json!({ "sub": "ada" })).await["key"], json!(long));
}
